// SPDX-License-Identifier: Apache-2.0
import { sumOf } from './sum-stats.js'
import type { FlushOptions, ProcessorStats, ReadableSpan, ShutdownOptions } from '@spanring/batch-span-processor'

/** The `SpanProcessor` of the OpenTelemetry SDK, any line. */
export interface SpanProcessor {
  onStart(span: unknown, parentContext: unknown): void
  onEnd(span: ReadableSpan): void
  /** Exports every span that ended before this call; see `BatchSpanProcessor.forceFlush`. */
  forceFlush(options?: FlushOptions): Promise<void>
  /** Exports what is queued and closes the exporters; see `BatchSpanProcessor.shutdown`. */
  shutdown(options?: ShutdownOptions): Promise<void>
  /** Where every span is, added up over the exporters; see `BatchSpanProcessor.stats`. What is printed is not counted. */
  stats(): ProcessorStats
}

/** Any number of processors as one; the trouble of one keeps nothing from the others. */
export class SpanProcessors implements SpanProcessor {
  readonly #processors: readonly SpanProcessor[]

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) processor.onEnd(span)
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    return allOf(this.#processors.map((processor) => processor.forceFlush(options)))
  }

  shutdown(options?: ShutdownOptions): Promise<void> {
    return allOf(this.#processors.map((processor) => processor.shutdown(options)))
  }

  stats(): ProcessorStats {
    return sumOf(this.#processors.map((processor) => processor.stats()))
  }
}

/** Settles when all have, with the first error. */
async function allOf(promises: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
