// SPDX-License-Identifier: Apache-2.0
// No batch waits in the thread for a connection when a slow backend would not answer it before its deadline.
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { createTracerProvider } from '@spanring/sdk-2'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, onTestFinished, test } from 'vitest'

const BATCHES = 4

test.each([
  ['the exporter', { timeoutMillis: 2000 }, {}],
  ['the processor', {}, { exportTimeoutMillis: 2000 }],
])('a backend that takes four tenths of the time limit of %s gets every batch', async (_whose, ofExporter, ofProcessor) => {
  const sink = await setupSink()
  await sink.script({ delayMillis: 800 })
  const exporter = new OTLPTraceExporter({ url: sink.url, worker: true, concurrencyLimit: 1, ...ofExporter })
  const processor = new BatchSpanProcessor(exporter, { maxExportBatchSize: 10, ...ofProcessor })
  onTestFinished(() => processor.shutdown())
  const tracer = createTracerProvider([processor]).getTracer('test')
  const work = (count: number): void => {
    for (let i = 0; i < count; i++) tracer.startSpan('work').end()
  }
  work(1)
  await processor.forceFlush()
  work(BATCHES * 10)
  await processor.forceFlush({ timeoutMillis: 10_000 })
  expect(processor.stats()).toMatchObject({ exported: 1 + BATCHES * 10, failed: {} })
})
