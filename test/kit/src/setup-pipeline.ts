// SPDX-License-Identifier: Apache-2.0
import type { Tracer } from '@opentelemetry/api'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig, SpanExporter } from '@spanring/batch-span-processor'
import { createStockExporter, createTracerProvider } from '@spanring/sdk-2'
import type { SpanProcessor } from '@spanring/sdk-2'
import { startSink } from '@spanring/sink'
import type { Sink } from '@spanring/sink'
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

export async function setupSink(): Promise<Sink> {
  const sink = await startSink()
  onTestFinished(() => sink.close())
  return sink
}

export function tracerOf(processor: SpanProcessor): Tracer {
  return createTracerProvider([processor]).getTracer('test')
}

/** In one synchronous stretch. */
export function endSpans(tracer: Tracer, count: number): void {
  for (let i = 0; i < count; i++) tracer.startSpan(`work ${i}`).end()
}
