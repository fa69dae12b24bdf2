// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { ReadableSpan, SpanExporter } from '@spanring/core'
import type { ProcessorStats } from './accounting/ledger.js'
import { SAMPLED } from './limits.js'
import { resolveSettings } from './options.js'
import type { BatchSpanProcessorOptions, BufferConfig } from './options.js'
import { flushOnPageHide } from './page-hide.js'
import { SpanPipeline } from './span-pipeline.js'
import type { FlushOptions } from './waits/flush.js'
import type { ShutdownOptions } from './waits/shutdown.js'

const PIPELINE = Symbol('pipeline')

/**
 * Under a symbol, not a private name, which only the constructed object itself has: applications wrap a processor in a
 * Proxy or `Object.create`, and every call through that would throw. Nor can a symbol clash with members of a subclass.
 */
function pipelineOf(processor: unknown): SpanPipeline {
  return (processor as { [PIPELINE]: SpanPipeline })[PIPELINE]
}

/**
 * Replaces the stock `BatchSpanProcessor` of every SDK line, with the same options. What changes: the work of an export
 * never runs inside `span.end()`, every wait has a time limit, and every span that is not delivered is counted.
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
    // Also accepts a value that is not an object: with a missing exporter every export fails, and is counted.
    const given = Object(first) as SpanExporter | BatchSpanProcessorOptions
    const isOptions = 'exporter' in given && !('export' in given)
    const options: BufferConfig = (isOptions ? given : config) ?? {}
    const exporter = isOptions ? given.exporter : (first as SpanExporter)
    const pipeline = new SpanPipeline(exporter, resolveSettings(options), systemClock, options.selfObsMeterProvider)
    // Not enumerable, so that it does not show up when a processor is logged.
    Object.defineProperty(this, PIPELINE, { value: pipeline })
    if (!options.disableAutoFlushOnDocumentHide) pipeline.onDrained = flushOnPageHide(() => pipeline.drainNow())
  }

  /** Does nothing. */
  onStart(_span: unknown, _parentContext: unknown): void {}

  /**
   * Queues a sampled span, or counts it as dropped. Takes well under a microsecond and never throws. Calls no foreign code
   * but the span's own `spanContext()`; while the queue is nearly full, also `openBatch`, `add` and `close` of an incremental
   * exporter, for at most two spans.
   */
  onEnd(span: ReadableSpan): void {
    let pipeline: SpanPipeline | undefined
    try {
      // Throws if the method was detached from its object.
      pipeline = pipelineOf(this)
      if ((span.spanContext().traceFlags & SAMPLED) === 0) return
    } catch {
      pipeline?.dropInvalid()
      return
    }
    pipeline?.admit(span)
  }

  /**
   * Exports every span that ended before this call, waits also for those in flight, then calls the exporter's `forceFlush`.
   * Later spans are never waited for.
   *
   * Rejects with the first error after every batch was tried. When the time limit passes (default: `exportTimeoutMillis`)
   * or the signal aborts, rejects at once and keeps the spans queued. A rejection that is not handled does no harm.
   * After `shutdown`, settles as that does, within its own limit. Inside a call into the exporter, resolves at once if that
   * can be detected: on its stack, or later with a context manager registered. Otherwise the time limit applies.
   */
  forceFlush(options?: FlushOptions): Promise<void> {
    return pipelineOf(this).forceFlush(options)
  }

  /**
   * Stops admission, exports what is queued, then calls the exporter's `forceFlush` and `shutdown`. Every step is tried and
   * has a time limit, `shutdownTimeoutMillis` in all unless the call gives one. Spans that could not be exported are counted.
   * Rejects with the first error. A second call returns the same promise.
   */
  shutdown(options?: ShutdownOptions): Promise<void> {
    return pipelineOf(this).shutdown(options)
  }

  /** Where every span is, at any time and without a MeterProvider. */
  stats(): ProcessorStats {
    return pipelineOf(this).stats()
  }
}
