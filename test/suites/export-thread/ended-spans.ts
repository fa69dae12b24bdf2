// SPDX-License-Identifier: Apache-2.0
import { createTracerProvider } from '@spanring/sdk-2'
import type { ReadableSpan } from '@spanring/sdk-2'

/** Spans that no processor has exported. */
export function endedSpans(count: number, name = 'work'): ReadableSpan[] {
  const spans: ReadableSpan[] = []
  const done = async (): Promise<void> => {}
  const collector = { onStart: () => {}, onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: done, shutdown: done }
  const tracer = createTracerProvider([collector]).getTracer('test')
  for (let i = 0; i < count; i++) tracer.startSpan(name).end()
  return spans
}
