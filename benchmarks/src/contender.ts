// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { SDK_LINES } from '@spanring/sdk-lines'
import type { Sdk, SdkLine } from '@spanring/sdk-lines'
import { sumOf } from '@spanring/test-kit/accounting'
import { StockDrops } from './stock-drops.js'

export type ProcessorName = 'noop' | 'stock' | 'spanring'
/** Ours sends from the thread of the application, or from its export thread. */
export type ExporterName = 'none' | 'stock JSON' | 'stock protobuf' | 'stock gRPC' | 'spanring' | 'spanring, export thread'

/** What is measured, as data that a child process can be given: a processor with an exporter, on a line of the SDK. */
export interface Contender {
  readonly processor: ProcessorName
  readonly exporter: ExporterName
  readonly sdkLine: SdkLine
}

/** A contender without its line of the SDK. */
export type Pair = Omit<Contender, 'sdkLine'>

/** The processor that does nothing is the floor of every figure. */
export const NOOP: Pair = { processor: 'noop', exporter: 'none' }
/** What a user would otherwise run, and what every ratio is taken against. */
export const STOCK: Pair = { processor: 'stock', exporter: 'stock protobuf' }
export const SPANRING: Pair = { processor: 'spanring', exporter: 'spanring' }
/** The same with `worker: true`. */
export const SPANRING_THREAD: Pair = { processor: 'spanring', exporter: 'spanring, export thread' }
/** Every way of ours that is compared with stock. */
export const OURS: readonly Pair[] = [SPANRING, SPANRING_THREAD]
export const ALL_PAIRS: readonly Pair[] = [
  NOOP,
  { processor: 'stock', exporter: 'stock JSON' },
  STOCK,
  { processor: 'stock', exporter: 'stock gRPC' },
  { processor: 'spanring', exporter: 'stock protobuf' },
  ...OURS,
]

export function onEveryLine(pairs: readonly Pair[]): Contender[] {
  return SDK_LINES.flatMap((sdkLine) => pairs.map((pair) => ({ ...pair, sdkLine })))
}

/** Where the line makes no difference worth the time. */
export function onOneLine(pairs: readonly Pair[]): Contender[] {
  return pairs.map((pair) => ({ ...pair, sdkLine: '2.12' }))
}

/** For tables: what a user would say that he runs. */
export function pairName({ processor, exporter }: Pair): string {
  if (processor === 'noop') return 'no-op'
  if (processor === 'stock') return exporter
  return exporter.startsWith('spanring') ? exporter : `spanring + ${exporter}`
}

export function nameOf(contender: Contender): string {
  return `${pairName(contender)} · SDK ${contender.sdkLine}`
}

export function isSame(a: Contender, b: Contender): boolean {
  return nameOf(a) === nameOf(b)
}

/** What a contender itself says about its spans. */
export interface Account {
  /** Undefined where it does not say. */
  readonly exported: number | undefined
  /** Never given to the exporter. */
  readonly dropped: number
  /** Given to the exporter, which did not succeed. The stock processor does not count these. */
  readonly failed: number
}

export interface ReadyContender {
  readonly spanProcessor: ReturnType<Sdk['createStockProcessor']>
  account(): Account
  /** Encoded bytes that are held. */
  bufferedBytes(): number
}

export interface Target {
  readonly url: string
  readonly grpcUrl: string | undefined
}

/** What may differ from the defaults. */
export interface Limits {
  readonly maxQueueSize?: number
  readonly exporterTimeoutMillis?: number
}

/** With default options but for these, and not compressed. */
export function createContender(contender: Contender, sdk: Sdk, target: Target, limits: Limits = {}): ReadyContender {
  const { maxQueueSize, exporterTimeoutMillis: timeoutMillis } = limits
  const options = maxQueueSize === undefined ? {} : { maxQueueSize }
  if (contender.processor === 'noop') {
    const account = { exported: undefined, dropped: 0, failed: 0 }
    return { spanProcessor: new sdk.NoopSpanProcessor(), account: () => account, bufferedBytes: () => 0 }
  }
  if (contender.processor === 'stock') {
    const drops = new StockDrops(sdk)
    return {
      spanProcessor: sdk.createStockProcessor(stockExporter(contender.exporter, sdk, target, timeoutMillis), options),
      account: () => ({ exported: undefined, dropped: drops.count, failed: 0 }),
      bufferedBytes: () => 0,
    }
  }
  const timeout = timeoutMillis === undefined ? {} : { timeoutMillis }
  const own = contender.exporter.startsWith('spanring')
    ? new OTLPTraceExporter({ url: target.url, worker: contender.exporter === SPANRING_THREAD.exporter, ...timeout })
    : undefined
  const spanProcessor = new BatchSpanProcessor(own ?? stockExporter(contender.exporter, sdk, target, timeoutMillis), options)
  return {
    spanProcessor,
    account: () => {
      const { exported, dropped, failed } = spanProcessor.stats()
      return { exported, dropped: sumOf(dropped), failed: sumOf(failed) }
    },
    bufferedBytes: () => own?.stats().bufferedBytes ?? 0,
  }
}

function stockExporter(
  name: ExporterName,
  sdk: Sdk,
  { url, grpcUrl }: Target,
  timeoutMillis?: number,
): ReturnType<Sdk['createStockExporter']> {
  switch (name) {
    case 'stock JSON':
      return sdk.createStockExporter('http/json', url, timeoutMillis)
    case 'stock gRPC':
      if (grpcUrl === undefined) throw new Error('the receiver does not listen for gRPC')
      return sdk.createStockExporter('grpc', grpcUrl, timeoutMillis)
    default:
      return sdk.createStockExporter('http/protobuf', url, timeoutMillis)
  }
}
