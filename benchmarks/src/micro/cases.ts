// SPDX-License-Identifier: Apache-2.0
import type { MicroCase } from './micro-case.js'
import { onEndAccepted } from './on-end-accepted.js'
import { onEndFull } from './on-end-full.js'
import { ringOfferTake } from './ring-offer-take.js'

/** By the name that the filter looks at. */
export const CASES: Readonly<Record<string, () => Promise<MicroCase>>> = {
  'onEnd accepted · spanring': () => onEndAccepted('spanring'),
  'onEnd accepted · stock': () => onEndAccepted('stock'),
  'onEnd full · spanring': () => onEndFull('spanring'),
  'onEnd full · stock': () => onEndFull('stock'),
  'ring offer + take': () => ringOfferTake(),
  'ring offer + take, past 2^31': () => ringOfferTake(2 ** 31),
}
