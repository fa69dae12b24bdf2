// SPDX-License-Identifier: Apache-2.0
// To be preloaded: the application's telemetry with both pipelines, which are given the same spans.
import type { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { startTelemetry } from '@spanring/instrumented-app/dist/esm/telemetry.js'
import type { SpanProcessor } from '@spanring/sdk-2'
import { loadSdk } from '@spanring/sdk-lines'
import { createOurs, createPipeline } from './pipelines.js'

/** Hands every span to both, and counts. */
class BothPipelines implements SpanProcessor {
  ended = 0
  readonly ours: BatchSpanProcessor
  readonly #processors: readonly SpanProcessor[]

  constructor(stock: SpanProcessor, ours: BatchSpanProcessor) {
    this.ours = ours
    this.#processors = [stock, ours]
  }

  onStart(...started: Parameters<SpanProcessor['onStart']>): void {
    for (const processor of this.#processors) processor.onStart(...started)
  }

  onEnd(span: Parameters<SpanProcessor['onEnd']>[0]): void {
    this.ended++
    for (const processor of this.#processors) processor.onEnd(span)
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.forceFlush()))
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.shutdown()))
  }
}

// So that stock has room for the largest import, which the application ends in one stretch.
process.env['OTEL_BSP_MAX_QUEUE_SIZE'] = '20000'
const sdk = await loadSdk('2.12')
const target = (name: string) => ({ protocol: 'http/protobuf', url: process.env[name] ?? '' }) as const

export const bothPipelines: BothPipelines = new BothPipelines(
  createPipeline(sdk, 'stock', target('STOCK_URL')),
  createOurs(sdk, target('SPANRING_URL')),
)
startTelemetry(bothPipelines)
