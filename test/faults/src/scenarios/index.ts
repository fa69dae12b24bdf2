// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from '../scenario.js'
import { network } from './network.js'
import { neverSettling } from './never-settling.js'

/** Every fault, in the order of the document. */
export const SCENARIOS: readonly Scenario[] = [...neverSettling, ...network]
