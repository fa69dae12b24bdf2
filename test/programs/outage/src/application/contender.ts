// SPDX-License-Identifier: Apache-2.0
import type { Sdk } from '@spanring/sdk-lines'
import { sumOf } from '@spanring/test-kit/accounting'
import type { Account, Order } from './messages.js'

/** A processor with its exporter, both with default options. */
export interface Contender {
  readonly processor: ReturnType<Sdk['createStockProcessor']>
  bufferedBytes(): number
  /** Undefined where the contender keeps none. */
  account(): Account | undefined
}

export async function createContender(sdk: Sdk, { contender, url, spoolDirectory }: Order): Promise<Contender> {
  if (contender === 'stock') {
    const processor = sdk.createStockProcessor(sdk.createStockExporter('http/protobuf', url))
    return { processor, bufferedBytes: () => 0, account: () => undefined }
  }
  // Not in the process of stock, whose memory is looked at.
  const { OTLPTraceExporter } = await import('@spanring/otlp-exporter')
  const { BatchSpanProcessor } = await import('@spanring/batch-span-processor')
  const { api } = sdk
  // What an operator would read.
  const logger = { error: console.error, warn: console.error, info: ignore, debug: ignore, verbose: ignore }
  api.diag.setLogger(logger, api.DiagLogLevel.WARN)
  const spool = spoolDirectory === undefined ? {} : { spool: { directory: spoolDirectory } }
  const exporter = new OTLPTraceExporter({ url, worker: contender === 'ours-thread', ...spool })
  const processor = new BatchSpanProcessor(exporter)
  return {
    processor,
    bufferedBytes: () => exporter.stats().bufferedBytes,
    account() {
      const stats = processor.stats()
      const { failed, dropped, kept } = stats
      return { lost: sumOf(failed) + sumOf(dropped), kept, stats: { processor: stats, exporter: exporter.stats() } }
    },
  }
}

function ignore(): void {}
