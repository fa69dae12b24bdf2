// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig, ShutdownOptions, SpanExporter } from '@spanring/batch-span-processor'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { ConsoleProcessor } from './console-processor.js'
import { exportersFromEnvironment } from './exporters.js'
import { sharedState } from './thread-processors.js'
import { SpanProcessors } from './composite-processor.js'
import type { SpanProcessor } from './composite-processor.js'
import { negated, pastOf, sumOf } from './sum-stats.js'

/** The options of the processor, and what it exports to. Each beats its environment variable. */
export interface SpanProcessorOptions extends BufferConfig {
  /** Exports to this one. Default: what `OTEL_TRACES_EXPORTER` names, else an `OTLPTraceExporter`. */
  exporter?: SpanExporter | undefined
  /**
   * Options of the OTLP exporter, where that is used; with a `protocol` among them `OTEL_EXPORTER_OTLP_PROTOCOL` is not
   * read. Default: `OTEL_EXPORTER_OTLP_[TRACES_]*`.
   */
  otlp?: OTLPTraceExporterOptions | undefined
}

/**
 * A span processor with its exporters, as code and environment want it. `NodeSDK` reads neither `OTEL_TRACES_EXPORTER`
 * nor `OTEL_EXPORTER_OTLP_PROTOCOL` nor `OTEL_BSP_*` once it is given `spanProcessors`; this does. Never throws because
 * of the environment: what cannot be done is said on stderr.
 *
 * @example
 * new NodeSDK({ spanProcessors: [createSpanProcessor()] }).start()
 */
export function createSpanProcessor(options: SpanProcessorOptions = {}): SpanProcessor {
  const processors = createSpanProcessors(options)
  return processors.length === 1 ? (processors[0] as SpanProcessor) : new SpanProcessors(processors)
}

/** None if the environment says so. */
export function createSpanProcessors({ exporter, otlp, ...config }: SpanProcessorOptions = {}): SpanProcessor[] {
  const exporters = exporter ? [{ exporter, isConsole: false }] : exportersFromEnvironment(otlp)
  return exporters.map((found) =>
    found.isConsole ? new ConsoleProcessor(found.exporter) : new ListedProcessor({ ...config, exporter: found.exporter }),
  )
}

/** Known to `flush` until its shutdown has ended: what that still delivers is not delivered yet. */
class ListedProcessor extends BatchSpanProcessor {
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
    state.past = sumOf([state.past, pastOf(this.stats())])
    // Only from here on, so that nothing is added to what runs for every span. One that ends so late is still counted.
    this.onEnd = (span) => {
      const before = pastOf(this.stats())
      super.onEnd(span)
      state.past = sumOf([state.past, pastOf(this.stats()), negated(before)])
    }
  }
}
