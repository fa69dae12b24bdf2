// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { SpanExporter } from '@spanring/batch-span-processor'
import { loadSdk } from '@spanring/sdk-lines'
import type { Sdk } from '@spanring/sdk-lines'
import { CountingMeters } from './lab/counting-meters.js'

export type ContenderName = 'stock-2.12' | 'stock-3.1' | 'ours' | 'ours with the thread'

/** Of the table of faults. */
export const CONTENDERS: readonly ContenderName[] = ['stock-2.12', 'stock-3.1', 'ours', 'ours with the thread']

/** Of the table of ends. */
export const CONTENDERS_OF_ENDS: readonly ContenderName[] = ['stock-2.12', 'ours', 'ours with the thread']

/** Of the table of ends with a spool, which the stock exporter does not have. */
export const CONTENDERS_WITH_SPOOL: readonly ContenderName[] = ['ours', 'ours with the thread']

export interface ProcessorOptions {
  readonly maxQueueSize?: number
  readonly maxExportBatchSize?: number
  readonly scheduledDelayMillis?: number
  readonly exportTimeoutMillis?: number
}

export interface ExporterOptions {
  readonly url: string
  readonly timeoutMillis?: number
  readonly compression?: 'gzip'
  readonly headers?: () => Promise<Record<string, string>>
  /** Of spanring with the thread; undefined for its default. */
  readonly exitFlushMillis?: number | undefined
  /** Of spanring: where spans wait for the backend on disk. */
  readonly spool?: { readonly directory: string } | undefined
}

/** Where spans are, as the contender says itself. */
export interface Counts {
  readonly exported: number
  readonly lost: Readonly<Record<string, number>>
  /** Spans that are still on their way; undefined where the contender does not tell. */
  readonly pending: number | undefined
  /** Spans that are in the spool for the next process; undefined where there is no such thing. */
  readonly kept?: number
}

export interface Processor {
  onStart(span: never, parentContext: never): void
  onEnd(span: never): void
  forceFlush(options?: { timeoutMillis?: number; signal?: AbortSignal }): Promise<void>
  shutdown(options?: { timeoutMillis?: number }): Promise<void>
}

/** A processor and an exporter under names that all three share. */
export interface Contender {
  readonly name: ContenderName
  readonly sdk: Sdk
  createProcessor(exporter: SpanExporter, options: ProcessorOptions, meters: CountingMeters): Processor
  /** Loads it first: half of what a program without it takes to start. */
  createExporter(options: ExporterOptions): Promise<SpanExporter>
  countsOf(processor: Processor, meters: CountingMeters): Counts
}

/** Only the SDK that is asked for is loaded. */
export async function loadContender(name: ContenderName): Promise<Contender> {
  const sdk = await loadSdk(name === 'stock-3.1' ? '3.1' : '2.12')
  return name === 'ours' || name === 'ours with the thread' ? ours(name, sdk) : stock(name, sdk)
}

function ours(name: ContenderName, sdk: Sdk): Contender {
  return {
    name,
    sdk,
    createProcessor: (exporter, options, meters) =>
      new BatchSpanProcessor(exporter, { ...options, selfObsMeterProvider: meters.provider }),
    async createExporter(options) {
      const { OTLPTraceExporter } = await import('@spanring/otlp-exporter')
      return new OTLPTraceExporter({ ...options, worker: name === 'ours with the thread' })
    },
    countsOf(processor) {
      const stats = (processor as unknown as BatchSpanProcessor).stats()
      const { exported, dropped, failed, queued, encoded, inFlight, stored, kept } = stats
      const lost: Record<string, number> = { ...dropped }
      // Both may have the same reason: spans that still waited at a shutdown, and spans that were under way.
      for (const [reason, count] of Object.entries(failed)) lost[reason] = (lost[reason] ?? 0) + count
      return { exported, lost, pending: queued + encoded + inFlight + stored - kept, kept }
    },
  }
}

/** The stock processor counts in metrics alone, so it is given somebody to count for it. */
function stock(name: ContenderName, sdk: Sdk): Contender {
  return {
    name,
    sdk,
    createProcessor(exporter, options, meters) {
      // The option is there in both lines, and in the types of one.
      const all = { ...options, selfObsMeterProvider: meters.provider }
      return sdk.createStockProcessor(exporter, all)
    },
    createExporter: async (options) => sdk.createStockProtobufExporter(options as never),
    countsOf: (_processor, meters) => ({ exported: meters.exported, lost: meters.lost, pending: undefined }),
  }
}
