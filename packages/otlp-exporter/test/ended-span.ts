// SPDX-License-Identifier: Apache-2.0
import { TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan } from '../src/readable-span.js'
import { plainSpan } from './encode/plain-span.js'

const RESOURCE = { attributes: { 'service.name': 'test' } }
const SCOPE = { name: 'test' }

/** A span whose encoding is a little longer than its name. */
export function endedSpan(id: number, nameBytes = 10): ReadableSpan {
  const context = {
    traceId: '0123456789abcdef0123456789abcdef',
    spanId: (id + 1).toString(16).padStart(16, '0'),
    traceFlags: TraceFlags.SAMPLED,
  }
  return plainSpan({
    name: 'x'.repeat(nameBytes),
    spanContext: () => context,
    startTime: [1_767_225_600, 0],
    endTime: [1_767_225_600, 1_000_000],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
  })
}

export function endedSpans(count: number, nameBytes?: number): ReadableSpan[] {
  return Array.from({ length: count }, (_, id) => endedSpan(id, nameBytes))
}
