// SPDX-License-Identifier: Apache-2.0
import { numberOf } from '../scenario.js'
import type { Scenario } from '../scenario.js'
import { disk } from './disk.js'
import { histories } from './histories.js'
import { network } from './network.js'
import { neverSettling } from './never-settling.js'
import { ownQueue } from './own-queue.js'
import { shutdownOrder } from './shutdown-order.js'
import { wakeUps } from './wake-ups.js'

/** Every fault, in the order of the document. */
export const SCENARIOS: readonly Scenario[] = [
  ...neverSettling,
  ...network,
  ...ownQueue,
  ...shutdownOrder,
  ...wakeUps,
  ...histories,
  ...disk,
].toSorted((a, b) => numberOf(a) - numberOf(b))
