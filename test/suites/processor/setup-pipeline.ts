// SPDX-License-Identifier: Apache-2.0
import type { Tracer } from '@opentelemetry/api'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig, SpanExporter } from '@spanring/batch-span-processor'
import { createStockExporter } from '@spanring/sdk-2'
import type { Sink } from '@spanring/sink'
import { setupSink } from '@spanring/test-kit/sink'
import { endSpans, tracerOf } from '@spanring/test-kit/spans'
import { onTestFinished } from 'vitest'

export interface Pipeline {
  readonly sink: Sink
  readonly processor: BatchSpanProcessor
  readonly tracer: Tracer
  /** Ends that many spans in one synchronous stretch. */
  readonly end: (count: number) => void
}

/** SDK 2.12 with our processor and the stock exporter, on a real socket; gone when the test is. */
export async function setupPipeline(
  config: BufferConfig = {},
  wrap: (exporter: SpanExporter) => SpanExporter = (exporter) => exporter,
): Promise<Pipeline> {
  const sink = await setupSink()
  const processor = new BatchSpanProcessor(wrap(createStockExporter('http/protobuf', sink.url)), config)
  onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
  const tracer = tracerOf(processor)
  return { sink, processor, tracer, end: (count) => endSpans(tracer, count) }
}
