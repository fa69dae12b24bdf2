// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './received-span.js'

/** The spans of one request. */
export interface SpanBatch {
  readonly count: number
  /** Six 32-bit words for each span: four of the trace id, two of the span id. */
  readonly ids: Uint32Array
  /** Empty when spans are only counted. */
  readonly spans: readonly ReceivedSpan[]
  readonly unknownFields: readonly string[]
}

export const wordsPerId = 6

/** The sender's mistake, as opposed to ours: answered with 400 and this message. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
