// SPDX-License-Identifier: Apache-2.0
// Preloaded before the telemetry of a contender: puts the stop-watch around its processor.
import { createHistogram } from 'node:perf_hooks'
import { type Context, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { wrapSpanProcessor } from '../telemetry.js'
import type { Counts } from './accounting.js'

/** Counts the sampled spans that end, and times each `onEnd` of the processor inside. */
export class MeasuredProcessor implements SpanProcessor {
  /** Nanoseconds of each `onEnd`. */
  readonly onEndNanos: ReturnType<typeof createHistogram> = createHistogram()
  ended = 0
  readonly #inner: SpanProcessor

  constructor(inner: SpanProcessor) {
    this.#inner = inner
  }

  onStart(span: Span, parent: Context): void {
    this.#inner.onStart(span, parent)
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.ended++
    const startedAt = performance.now()
    this.#inner.onEnd(span)
    this.onEndNanos.record(Math.max(1, Math.round((performance.now() - startedAt) * 1e6)))
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }

  /** What the processor says about the whereabouts of its spans, if it says anything. */
  counts(): Counts | undefined {
    const inner: SpanProcessor & { stats?: () => Counts } = this.#inner
    return inner.stats?.()
  }
}

let measured: MeasuredProcessor | undefined

wrapSpanProcessor((processor) => (measured = new MeasuredProcessor(processor)))

export function measuredProcessor(): MeasuredProcessor {
  if (!measured) throw new Error('no telemetry was preloaded')
  return measured
}
