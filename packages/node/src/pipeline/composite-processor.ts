// SPDX-License-Identifier: Apache-2.0
import type { FlushOptions, ProcessorStats, ReadableSpan, ShutdownOptions } from '@spanring/batch-span-processor'
import { sumStats } from './sum-stats.js'

/** The `SpanProcessor` interface of every OpenTelemetry SDK line, with the options and the counts of spanring. */
export interface SpanProcessor {
  onStart(span: unknown, parentContext: unknown): void
  onEnd(span: ReadableSpan): void
  /** Exports every span that ended before this call; see `BatchSpanProcessor.forceFlush`. */
  forceFlush(options?: FlushOptions): Promise<void>
  /** Exports what is queued and closes the exporters; see `BatchSpanProcessor.shutdown`. */
  shutdown(options?: ShutdownOptions): Promise<void>
  /**
   * The counts of all spans, added up over the exporters; see `BatchSpanProcessor.stats`. Spans that the `console` exporter
   * prints are not counted.
   */
  stats(): ProcessorStats
}

/** Combines any number of processors, even none, into one. If one of them fails, the others are not affected. */
export class CompositeProcessor implements SpanProcessor {
  readonly #processors: readonly SpanProcessor[]

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) processor.onEnd(span)
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    return allSettle(this.#processors.map((processor) => processor.forceFlush(options)))
  }

  shutdown(options?: ShutdownOptions): Promise<void> {
    return allSettle(this.#processors.map((processor) => processor.shutdown(options)))
  }

  stats(): ProcessorStats {
    return sumStats(this.#processors.map((processor) => processor.stats()))
  }
}

/** Settles when all have settled; rejects with the first error. */
async function allSettle(promises: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
