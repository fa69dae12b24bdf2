// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import type { SpanContext } from '@opentelemetry/api'
import type { InstrumentationScope, ReadableSpan, SpanResource } from '../../src/readable-span.js'

/**
 * The spans of some requests to `examples/instrumented-app`, written by its `telemetry-recording.ts`: servers, framework,
 * database, clients, an exception and a link. Objects that an SDK shares are shared again.
 */
export function recordedSpans(): ReadableSpan[] {
  const resources = new Map<string, SpanResource>()
  const scopes = new Map<string, InstrumentationScope>()
  const lines = readFileSync(new URL('fixtures/recorded-spans.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => {
    const recorded = JSON.parse(line) as Omit<ReadableSpan, 'spanContext'> & { spanContext: SpanContext }
    return {
      ...recorded,
      spanContext: () => recorded.spanContext,
      resource: shared(resources, recorded.resource),
      instrumentationScope: shared(scopes, recorded.instrumentationScope!),
    }
  })
}

function shared<T>(known: Map<string, T>, value: T): T {
  const key = JSON.stringify(value)
  const first = known.get(key) ?? value
  known.set(key, first)
  return first
}
