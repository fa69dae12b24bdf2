// SPDX-License-Identifier: Apache-2.0

const TRACE_ID = /^[\da-f]{32}$/i
const SPAN_ID = /^[\da-f]{16}$/i
/** What a link has whose context is none: the SDK records it, and receivers take it. */
export const NO_TRACE_ID: string = '0'.repeat(32)
export const NO_SPAN_ID: string = '0'.repeat(16)

/** OTLP: 16 bytes, not all of them zero. A receiver may refuse a whole request for one invalid id. */
export function isTraceId(id: unknown): id is string {
  return isLinkTraceId(id) && id !== NO_TRACE_ID
}

/** OTLP: 8 bytes, not all of them zero. */
export function isSpanId(id: unknown): id is string {
  return isLinkSpanId(id) && id !== NO_SPAN_ID
}

/** The same for a link, whose ids may be zero. */
export function isLinkTraceId(id: unknown): id is string {
  return typeof id === 'string' && TRACE_ID.test(id)
}

export function isLinkSpanId(id: unknown): id is string {
  return typeof id === 'string' && SPAN_ID.test(id)
}
