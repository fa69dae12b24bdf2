// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig, ShutdownOptions, SpanExporter } from '@spanring/batch-span-processor'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { CompositeProcessor } from './composite-processor.js'
import type { SpanProcessor } from './composite-processor.js'
import { ConsoleProcessor } from './console-processor.js'
import { exportersFromEnvironment } from './exporters.js'
import { countsToKeep, negated, sumStats } from './sum-stats.js'
import { sharedState } from './thread-processors.js'

/** The options of the processor and of its exporter. Each option overrides its environment variable. */
export interface SpanProcessorOptions extends BufferConfig {
  /** Where to export. Default: what `OTEL_TRACES_EXPORTER` names, else an `OTLPTraceExporter`. */
  exporter?: SpanExporter | undefined
  /**
   * Options of the OTLP exporter, if that is used. If they have a `protocol`, `OTEL_EXPORTER_OTLP_PROTOCOL` is not read.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]*`.
   */
  otlp?: OTLPTraceExporterOptions | undefined
}

/**
 * Makes a span processor and its exporters from the options and the environment. If `NodeSDK` is given `spanProcessors`, it
 * ignores `OTEL_TRACES_EXPORTER`, `OTEL_EXPORTER_OTLP_PROTOCOL` and `OTEL_BSP_*`; this function reads them. Never throws
 * because of the environment: invalid values are reported on stderr.
 *
 * @example
 * new NodeSDK({ spanProcessors: [createSpanProcessor()] }).start()
 */
export function createSpanProcessor(options: SpanProcessorOptions = {}): SpanProcessor {
  const processors = createSpanProcessors(options)
  return processors.length === 1 ? (processors[0] as SpanProcessor) : new CompositeProcessor(processors)
}

/** Makes one processor per exporter. Makes none if `OTEL_TRACES_EXPORTER` is `none`, or names no exporter that can be used. */
export function createSpanProcessors({ exporter, otlp, ...config }: SpanProcessorOptions = {}): SpanProcessor[] {
  const exporters = exporter ? [{ exporter, isConsole: false }] : exportersFromEnvironment(otlp)
  return exporters.map((found) =>
    found.isConsole ? new ConsoleProcessor(found.exporter) : new TrackedProcessor({ ...config, exporter: found.exporter }),
  )
}

/** Stays in the shared state until its shutdown has ended, so that `flush` waits for what the shutdown still delivers. */
class TrackedProcessor extends BatchSpanProcessor {
  constructor(options: BufferConfig & { exporter: SpanExporter }) {
    super(options)
    sharedState().processors.add(this)
  }

  override shutdown(options?: ShutdownOptions): Promise<void> {
    const ended = super.shutdown(options)
    const forget = (): void => this.#forget()
    ended.then(forget, forget)
    return ended
  }

  #forget(): void {
    const state = sharedState()
    if (!state.processors.delete(this)) return
    state.past = sumStats([state.past, countsToKeep(this.stats())])
    // From now on, counts spans that end even later. Replaced only here, so that nothing is added to the hot path.
    this.onEnd = (span) => {
      const before = countsToKeep(this.stats())
      super.onEnd(span)
      state.past = sumStats([state.past, countsToKeep(this.stats()), negated(before)])
    }
  }
}
