// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { SDK_LINES } from '../sdk-line.js'
import type { Sdk, SdkLine } from '../sdk-line.js'
import { StockDrops } from '../stock-drops.js'

export type ProcessorName = 'noop' | 'stock' | 'spanring'

/** What is measured, as data that a child process can be given. */
export interface Contender {
  readonly processor: ProcessorName
  readonly sdkLine: SdkLine
}

export const CONTENDERS: readonly Contender[] = SDK_LINES.flatMap((sdkLine) =>
  (['noop', 'stock', 'spanring'] as const).map((processor) => ({ processor, sdkLine })),
)

export function nameOf({ processor, sdkLine }: Contender): string {
  return `${processor} · SDK ${sdkLine}`
}

/** What the processor itself says about spans that are not delivered. */
export interface Losses {
  /** Never given to the exporter. */
  readonly dropped: number
  /** Given to the exporter, which did not succeed. */
  readonly failed: number
}

type SpanProcessor = ReturnType<Sdk['createStockProcessor']>

export interface ReadyContender {
  readonly spanProcessor: SpanProcessor
  losses(): Losses
}

/** Both processors run with their default options, which are the same, and drive the same stock exporter. */
export function createContender(processor: ProcessorName, sdk: Sdk, url: string): ReadyContender {
  if (processor === 'noop') {
    return { spanProcessor: new sdk.NoopSpanProcessor(), losses: () => ({ dropped: 0, failed: 0 }) }
  }
  const exporter = sdk.createStockExporter('http/protobuf', url)
  if (processor === 'stock') {
    const drops = new StockDrops(sdk)
    // It does not count failures; a run with one does not close and is void.
    return { spanProcessor: sdk.createStockProcessor(exporter), losses: () => ({ dropped: drops.count, failed: 0 }) }
  }
  const spanring = new BatchSpanProcessor(exporter)
  return {
    spanProcessor: spanring,
    losses: () => {
      const { dropped, failed } = spanring.stats()
      return { dropped: sum(dropped), failed: sum(failed) }
    },
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
