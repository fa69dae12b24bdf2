// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './received-span.js'

/** The spans of one request. */
export interface DecodedRequest {
  readonly count: number
  /** Six 32-bit words for each span: four of the trace id, two of the span id. */
  readonly ids: Uint32Array
  /** Empty when spans are only counted. */
  readonly spans: readonly ReceivedSpan[]
  readonly unknownFields: readonly string[]
}

export const wordsPerId = 6

/** The ids of decoded spans, in the form of `DecodedRequest.ids`. */
export function idsOf(spans: readonly ReceivedSpan[]): Uint32Array {
  const ids = new Uint32Array(spans.length * wordsPerId)
  let at = 0
  for (const { traceId, spanId } of spans) {
    for (let from = 0; from < 32; from += 8) ids[at++] = Number.parseInt(traceId.slice(from, from + 8), 16)
    for (let from = 0; from < 16; from += 8) ids[at++] = Number.parseInt(spanId.slice(from, from + 8), 16)
  }
  return ids
}

/** A mistake of the sender, not of the sink. Answered with 400 and this message. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
