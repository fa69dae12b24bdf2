// SPDX-License-Identifier: Apache-2.0
import type { SpanExporter } from '@spanring/batch-span-processor'
import type { Sdk } from '@spanring/sdk-lines'
import type { Contender, Counts, Processor, ProcessorOptions } from '../contender.js'
import { CountingMeters } from './counting-meters.js'

/** Small, so that a scenario is over soon: what takes half a minute with default options takes a fifth of a second. */
export const LIMITS: Required<ProcessorOptions> = {
  maxQueueSize: 100,
  maxExportBatchSize: 10,
  scheduledDelayMillis: 10,
  exportTimeoutMillis: 200,
}

/** How long a shutdown may take, in milliseconds: of the contenders only ours can be told. */
export const SHUTDOWN_MILLIS = 1000

type Resource = ReturnType<Sdk['resourceFromAttributes']>

export interface PipelineOptions extends ProcessorOptions {
  readonly resource?: Resource
  readonly meters?: CountingMeters
}

/** A processor of the contender behind a tracer. */
export class Pipeline {
  readonly processor: Processor
  readonly meters: CountingMeters
  ended = 0
  readonly #contender: Contender
  readonly #tracer: { startSpan(name: string): { end(): void } }

  constructor(
    contender: Contender,
    exporter: SpanExporter,
    { resource, meters = new CountingMeters(), ...options }: PipelineOptions,
  ) {
    this.#contender = contender
    this.meters = meters
    this.processor = contender.createProcessor(exporter, { ...LIMITS, ...options }, meters)
    const { TracerProvider } = contender.sdk
    const provider = new TracerProvider({ spanProcessors: [this.processor], ...(resource && { resource }) })
    this.#tracer = provider.getTracer('faults')
  }

  /** Ends spans in one synchronous stretch. */
  end(count: number): void {
    for (let i = 0; i < count; i++) {
      this.ended++
      this.#tracer.startSpan('work').end()
    }
  }

  flush(options?: { timeoutMillis?: number; signal?: AbortSignal }): Promise<void> {
    return this.processor.forceFlush(options)
  }

  shutdown(timeoutMillis: number = SHUTDOWN_MILLIS): Promise<void> {
    return this.processor.shutdown({ timeoutMillis })
  }

  counts(): Counts {
    return this.#contender.countsOf(this.processor, this.meters)
  }
}
