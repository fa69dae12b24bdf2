// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '../readable-span.js'

/** As OTLP numbers it: from 1, with 0 for none. Throws for what is no number. */
export function kindOf({ kind }: ReadableSpan): number {
  if (kind === undefined || kind === null) return 0
  if (typeof kind !== 'number') throw new TypeError('a kind is none')
  return kind + 1
}
