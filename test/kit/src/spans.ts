// SPDX-License-Identifier: Apache-2.0
import type { Tracer } from '@opentelemetry/api'
import { createTracerProvider } from '@spanring/sdk-2'
import type { SpanProcessor } from '@spanring/sdk-2'

/** Of SDK 2.12. */
export function tracerOf(processor: SpanProcessor): Tracer {
  return createTracerProvider([processor]).getTracer('test')
}

/** In one synchronous stretch. */
export function endSpans(tracer: Tracer, count: number): void {
  for (let i = 0; i < count; i++) tracer.startSpan(`work ${i}`).end()
}
