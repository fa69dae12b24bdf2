// SPDX-License-Identifier: Apache-2.0

const TRACE_ID = /^(?!0*$)[\da-f]{32}$/i
const SPAN_ID = /^(?!0*$)[\da-f]{16}$/i

/** OTLP: 16 bytes, not all of them zero. A receiver may refuse a whole request for one invalid id. */
export function isTraceId(id: unknown): id is string {
  return typeof id === 'string' && TRACE_ID.test(id)
}

/** OTLP: 8 bytes, not all of them zero. */
export function isSpanId(id: unknown): id is string {
  return typeof id === 'string' && SPAN_ID.test(id)
}
