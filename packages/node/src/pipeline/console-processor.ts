// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats, ReadableSpan, SpanExporter } from '@spanring/batch-span-processor'
import type { SpanProcessor } from './composite-processor.js'
import { sumStats } from './sum-stats.js'

/** Prints each span as soon as it ends, because a person at a terminal does not want batches. */
export class ConsoleProcessor implements SpanProcessor {
  readonly #exporter: SpanExporter

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & 1) === 1) this.#exporter.export([span], () => {})
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }

  /** Always zero: no span waits here, and none is lost. */
  stats(): ProcessorStats {
    return sumStats([])
  }
}
