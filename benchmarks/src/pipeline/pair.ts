// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { Sdk } from '../sdk-line.js'
import { StockDrops } from '../stock-drops.js'

/** A processor with its exporter: none, the stock ones, or ours. */
export type PairName = 'noop' | 'stock' | 'spanring'

/** What a pair itself says about its spans; undefined where it does not say. */
export interface Account {
  readonly exported: number | undefined
  readonly dropped: number
  readonly failed: number
}

export interface Pair {
  readonly spanProcessor: ReturnType<Sdk['createStockProcessor']>
  account(): Account
  /** Encoded bytes that are held. */
  bufferedBytes(): number
}

/** Both with their default options and over protobuf, not compressed. */
export function createPair(name: PairName, sdk: Sdk, url: string, options: { maxQueueSize?: number }): Pair {
  if (name === 'noop') {
    const account = { exported: undefined, dropped: 0, failed: 0 }
    return { spanProcessor: new sdk.NoopSpanProcessor(), account: () => account, bufferedBytes: () => 0 }
  }
  if (name === 'stock') {
    const drops = new StockDrops(sdk)
    return {
      spanProcessor: sdk.createStockProcessor(sdk.createStockExporter('http/protobuf', url), options),
      account: () => ({ exported: undefined, dropped: drops.count, failed: 0 }),
      bufferedBytes: () => 0,
    }
  }
  const exporter = new OTLPTraceExporter({ url })
  const spanProcessor = new BatchSpanProcessor(exporter, options)
  return {
    spanProcessor,
    account: () => {
      const { exported, dropped, failed } = spanProcessor.stats()
      return { exported, dropped: sum(dropped), failed: sum(failed) }
    },
    bufferedBytes: () => exporter.stats().bufferedBytes,
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
