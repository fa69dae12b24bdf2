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
 * Stored under a symbol instead of in a private field. Only the constructed object itself has private fields, so every call
 * would throw when an application wraps the processor with a Proxy or `Object.create`. A symbol cannot clash with the
 * members of a subclass either.
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
    // Accepts even a value that is not an object: if the exporter is missing, every export fails and is counted.
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
   * Queues a sampled span, or counts it as dropped. Takes well under a microsecond and never throws. The only foreign code
   * that it calls is the span's own `spanContext()`. While the queue is nearly full, it also calls `openBatch`, `add` and
   * `close` of an incremental exporter, for at most two spans.
   */
  onEnd(span: ReadableSpan): void {
    let pipeline: SpanPipeline | undefined
    try {
      // Throws if the method is called without its object.
      pipeline = pipelineOf(this)
      if ((span.spanContext().traceFlags & SAMPLED) === 0) return
    } catch {
      pipeline?.dropInvalid()
      return
    }
    pipeline?.admit(span)
  }

  /**
   * Exports every span that ended before this call, waits for the exports in flight, then calls the exporter's `forceFlush`.
   * Does not wait for spans that end later. Waits for spans that the exporter stores until they are exported, lost or kept on
   * disk; if the time limit passes first, the error says how many are stored.
   *
   * Rejects with the first error, after every batch was tried. When the time limit passes (default: `exportTimeoutMillis`)
   * or the signal aborts, rejects at once and keeps the spans queued. An unhandled rejection does no harm.
   *
   * After `shutdown`, settles as the shutdown does, within its own limit. A call from inside the exporter resolves at once if
   * it can be detected: on the exporter's stack always, and later only if a context manager is registered. Otherwise the
   * time limit applies.
   */
  forceFlush(options?: FlushOptions): Promise<void> {
    return pipelineOf(this).forceFlush(options)
  }

  /**
   * Stops accepting spans, exports what is queued, then calls the exporter's `forceFlush` and `shutdown`. Every step is tried
   * and has a time limit. Together they take at most `shutdownTimeoutMillis`, unless the call gives another limit. Spans that
   * could not be exported are counted. Spans that the exporter keeps on disk for the next process are not lost. Rejects with
   * the first error. A second call returns the same promise.
   */
  shutdown(options?: ShutdownOptions): Promise<void> {
    return pipelineOf(this).shutdown(options)
  }

  /** The current state of all spans, by count. Needs no MeterProvider. */
  stats(): ProcessorStats {
    return pipelineOf(this).stats()
  }
}
