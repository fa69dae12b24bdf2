// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { ReadableSpan, SpanExporter } from '@spanring/core'
import { SAMPLED } from './limits.js'
import { resolveSettings } from './options.js'
import type { BatchSpanProcessorOptions, BufferConfig } from './options.js'
import { flushOnPageHide } from './page-hide.js'
import { SpanPipeline } from './span-pipeline.js'
import type { FlushOptions, ProcessorStats, ShutdownOptions } from './span-pipeline.js'

const PIPELINE = Symbol('pipeline')

/**
 * Not by a private name, which only the very object has that was constructed: applications put a Proxy or an
 * `Object.create` around a processor, and every call through that would throw. A symbol meets nothing of a subclass.
 */
function pipelineOf(processor: unknown): SpanPipeline {
  return (processor as { [PIPELINE]: SpanPipeline })[PIPELINE]
}

/**
 * Takes the place of the stock `BatchSpanProcessor` of every SDK line, under the same options. What changes: the work
 * of an export never runs inside `span.end()`, every wait has a bound, and every span that is not delivered is counted.
 *
 * @example
 * new NodeSDK({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] })
 */
export class BatchSpanProcessor {
  /** The shape of `@opentelemetry/sdk-trace-base` 1.x and 2.x. */
  constructor(exporter: SpanExporter, config?: BufferConfig)
  /** The shape of `@opentelemetry/sdk-trace` 2.9 and later, and of SDK 3.x. */
  constructor(options: BatchSpanProcessorOptions)
  constructor(first: SpanExporter | BatchSpanProcessorOptions, config?: BufferConfig) {
    // An object also of what is none: a missing exporter is one whose exports fail.
    const given = Object(first) as SpanExporter | BatchSpanProcessorOptions
    const isOptions = 'exporter' in given && !('export' in given)
    const options: BufferConfig = (isOptions ? given : config) ?? {}
    const exporter = isOptions ? given.exporter : (first as SpanExporter)
    const pipeline = new SpanPipeline(exporter, resolveSettings(options), systemClock, options.selfObsMeterProvider)
    // Not enumerable, so that it stays out of what is logged of a processor.
    Object.defineProperty(this, PIPELINE, { value: pipeline })
    if (!options.disableAutoFlushOnDocumentHide) pipeline.onStopped = flushOnPageHide(() => pipeline.drainNow())
  }

  /** Does nothing. */
  onStart(_span: unknown, _parentContext: unknown): void {}

  /**
   * Queues a sampled span, or counts it as dropped. Takes well under a microsecond and never throws. Calls no code but the
   * span's own `spanContext()`; while the queue is nearly full, also `openBatch`, `add` and `close` of an incremental
   * exporter, for two spans at most.
   */
  onEnd(span: ReadableSpan): void {
    let pipeline: SpanPipeline | undefined
    try {
      // There is none below a method that was taken off its object.
      pipeline = pipelineOf(this)
      if ((span.spanContext().traceFlags & SAMPLED) === 0) return
    } catch {
      pipeline?.refuse()
      return
    }
    pipeline?.admit(span)
  }

  /**
   * Exports every span that ended before this call, waits for those in flight too, then calls the exporter's
   * `forceFlush`. Later spans are never waited for.
   *
   * Rejects with the first error after every batch was tried; when the time is over (`exportTimeoutMillis` unless given)
   * or the signal aborts, rejects at once and keeps the spans queued. A rejection that nobody looks at does no harm.
   * After `shutdown`, settles as that does, within its own bounds. Inside a call into the exporter, resolves at once if
   * that can be told: on its stack, or later with a context manager registered. If not, it settles by its bound.
   */
  forceFlush(options?: FlushOptions): Promise<void> {
    return pipelineOf(this).forceFlush(options)
  }

  /**
   * Stops admission, exports what is queued, then calls the exporter's `forceFlush` and `shutdown`: every step is tried
   * and bounded, `shutdownTimeoutMillis` in all unless given. What could not be exported by then is counted. Rejects with the first error.
   * A second call returns the same promise.
   */
  shutdown(options?: ShutdownOptions): Promise<void> {
    return pipelineOf(this).shutdown(options)
  }

  /** Where every span is, at any time and without a MeterProvider. */
  stats(): ProcessorStats {
    return pipelineOf(this).stats()
  }
}
