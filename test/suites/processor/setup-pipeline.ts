// SPDX-License-Identifier: Apache-2.0
import type { BufferConfig, SpanExporter } from '@spanring/batch-span-processor'
import { createStockExporter } from '@spanring/sdk-2'
import type { Sink } from '@spanring/sink'
import { setupSink } from '@spanring/test-kit/sink'
import { setupProcessor } from './setup-processor.js'
import type { TracedProcessor } from './setup-processor.js'

export interface Pipeline extends TracedProcessor {
  readonly sink: Sink
}

/** SDK 2.12 with our processor and the stock exporter, on a real socket; gone when the test is. */
export async function setupPipeline(
  config: BufferConfig = {},
  wrap: (exporter: SpanExporter) => SpanExporter = (exporter) => exporter,
): Promise<Pipeline> {
  const sink = await setupSink()
  return { sink, ...setupProcessor(wrap(createStockExporter('http/protobuf', sink.url)), config) }
}
