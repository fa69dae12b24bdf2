// SPDX-License-Identifier: Apache-2.0
import { ENCODE_CASES } from './encode-cases.js'
import type { CreateCase } from './micro-case.js'
import { onEndAccepted } from './on-end-accepted.js'
import { onEndFull } from './on-end-full.js'
import { ringOfferTake } from './ring-offer-take.js'

/** By the name that the filter looks at. */
export const CASES: Readonly<Record<string, CreateCase>> = {
  'onEnd accepted · spanring': (line) => onEndAccepted('spanring', line),
  'onEnd accepted · stock': (line) => onEndAccepted('stock', line),
  'onEnd full · spanring': (line) => onEndFull('spanring', line),
  'onEnd full · stock': (line) => onEndFull('stock', line),
  'ring offer + take': () => ringOfferTake(),
  'ring offer + take, past 2^31': () => ringOfferTake(2 ** 31),
  ...ENCODE_CASES,
}
