// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './received-span.js'
import { wordsPerId } from './span-batch.js'

/** The ids of decoded spans, in the form in which they are compared. */
export function idsOf(spans: readonly ReceivedSpan[]): Uint32Array {
  const ids = new Uint32Array(spans.length * wordsPerId)
  let at = 0
  for (const { traceId, spanId } of spans) {
    for (let from = 0; from < 32; from += 8) ids[at++] = Number.parseInt(traceId.slice(from, from + 8), 16)
    for (let from = 0; from < 16; from += 8) ids[at++] = Number.parseInt(spanId.slice(from, from + 8), 16)
  }
  return ids
}
