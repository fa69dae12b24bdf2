// SPDX-License-Identifier: Apache-2.0
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan } from '../src/readable-span.js'

const RESOURCE = { attributes: { 'service.name': 'test' } }
const SCOPE = { name: 'test' }

/** A span whose encoding is a little longer than its name. */
export function endedSpan(id: number, nameBytes = 10): ReadableSpan {
  const context = {
    traceId: '0123456789abcdef0123456789abcdef',
    spanId: (id + 1).toString(16).padStart(16, '0'),
    traceFlags: TraceFlags.SAMPLED,
  }
  return {
    name: 'x'.repeat(nameBytes),
    kind: SpanKind.INTERNAL,
    spanContext: () => context,
    startTime: [1_767_225_600, 0],
    endTime: [1_767_225_600, 1_000_000],
    status: { code: SpanStatusCode.UNSET },
    attributes: {},
    links: [],
    events: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

export function endedSpans(count: number, nameBytes?: number): ReadableSpan[] {
  return Array.from({ length: count }, (_, id) => endedSpan(id, nameBytes))
}
