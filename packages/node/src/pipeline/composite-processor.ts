// SPDX-License-Identifier: Apache-2.0
import type { FlushOptions, ProcessorStats, ReadableSpan, ShutdownOptions } from '@spanring/batch-span-processor'
import { sumStats } from './sum-stats.js'

/** The `SpanProcessor` interface of the OpenTelemetry SDK, any line, with the options and the counts of spanring. */
export interface SpanProcessor {
  onStart(span: unknown, parentContext: unknown): void
  onEnd(span: ReadableSpan): void
  /** Exports every span that ended before this call; see `BatchSpanProcessor.forceFlush`. */
  forceFlush(options?: FlushOptions): Promise<void>
  /** Exports what is queued and closes the exporters; see `BatchSpanProcessor.shutdown`. */
  shutdown(options?: ShutdownOptions): Promise<void>
  /**
   * Where every span is, added up over the exporters; see `BatchSpanProcessor.stats`. Spans that the `console` exporter
   * prints are not counted.
   */
  stats(): ProcessorStats
}

/** Several processors, or none, as one. A failure of one does not affect the others. */
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
