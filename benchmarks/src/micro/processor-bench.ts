// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { loadSdk } from '@spanring/sdk-lines'
import type { Sdk, SdkLine } from '@spanring/sdk-lines'
import { endedSpans } from '../span-source.js'
import { StockDrops } from '../stock-drops.js'
import { CountingExporter } from './counting-exporter.js'
import type { Counts } from './micro-case.js'

export type ProcessorName = 'stock' | 'spanring'
type SpanProcessor = ReturnType<Sdk['createStockProcessor']>

/** An export that is never answered must not be given up in the middle of the benchmark; a day. */
const EXPORT_TIMEOUT_MILLIS = 86_400_000

/** A processor with default limits on an exporter that only counts, and real spans to end. */
export interface ProcessorBench {
  readonly processor: SpanProcessor
  /** Ends `spansPerBatch` spans; the loop alone, for the clock. */
  readonly endBatch: () => void
  /** Lets everything out that waits and says where the spans are. */
  readonly close: () => Promise<Counts>
}

export async function createProcessorBench(
  name: ProcessorName,
  line: SdkLine,
  behaviour: 'answers' | 'holds',
  spansPerBatch: number,
): Promise<ProcessorBench> {
  const sdk = await loadSdk(line)
  const exporter = new CountingExporter(behaviour)
  const drops = new StockDrops(sdk)
  const options = { exportTimeoutMillis: EXPORT_TIMEOUT_MILLIS }
  const spanring = name === 'spanring' ? new BatchSpanProcessor(exporter, options) : undefined
  const processor: SpanProcessor = spanring ?? sdk.createStockProcessor(exporter, options)
  const spans = endedSpans(sdk, spansPerBatch)
  let ended = 0
  const endBatch = (): void => {
    for (const span of spans) processor.onEnd(span)
    ended += spansPerBatch
  }
  return {
    processor,
    endBatch,
    close: async () => {
      exporter.release()
      await processor.forceFlush()
      // The stock processor says what it has dropped when it takes a span again.
      endBatch()
      await processor.forceFlush()
      return { ended, accepted: exporter.count, dropped: spanring?.stats().dropped.queue_full ?? drops.count }
    },
  }
}
