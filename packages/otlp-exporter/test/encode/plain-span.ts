// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '../../src/readable-span.js'

const RESOURCE = { attributes: { 'service.name': 'plain' } }
const SCOPE = { name: 'plain-scope', version: '1.0.0' }

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
export const SPAN_ID = 'b7ad6b7169203331'
export const PARENT_ID = '00f067aa0ba902b7'

/** A valid span as a plain object; the SDK's own classes do not let a test put anything anywhere. */
export function plainSpan(parts: { readonly [Key in keyof ReadableSpan]?: unknown } = {}): ReadableSpan {
  const span: unknown = {
    name: 'plain',
    kind: 0,
    spanContext: () => ({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 }),
    startTime: [1_763_700_000, 1],
    endTime: [1_763_700_000, 500_000_000],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...parts,
  }
  return span as ReadableSpan
}
