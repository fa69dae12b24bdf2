// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { expectAccounted } from '@spanring/test-kit/accounting'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { endSpans, tracerOf } from '@spanring/test-kit/spans'
import { expect, onTestFinished, test } from 'vitest'
import { endAtRate } from './setup-whole-pipeline.js'

function setupTwo(url: string, options: { concurrencyLimit?: number; maxBufferedBytes?: number; timeoutMillis?: number }) {
  const exporter = new OTLPTraceExporter({ url, ...options })
  const processors = [new BatchSpanProcessor(exporter), new BatchSpanProcessor(exporter)] as const
  onTestFinished(async () => {
    for (const processor of processors) {
      // oxlint-disable-next-line no-await-in-loop -- two
      await processor.shutdown({ timeoutMillis: 100 }).catch(() => {})
    }
  })
  const tracers = processors.map((processor) => tracerOf(processor))
  const end = (count: number): void => {
    for (const tracer of tracers) endSpans(tracer, count)
  }
  return { exporter, processors, end }
}

test('two processors share one exporter, its connections and its budget, and nothing is lost', async () => {
  const sink = await setupCountingSink()
  await sink.script({ delayMillis: 20 })
  const { exporter, processors, end } = setupTwo(sink.url, { concurrencyLimit: 2 })
  await endAtRate(end, 5000, 1000)
  end(10_000)
  await Promise.all(processors.map((processor) => processor.forceFlush()))

  for (const processor of processors) {
    expect(processor.stats()).toMatchObject({ ended: 15_000, exported: 15_000, queued: 0, inFlight: 0 })
  }
  expect(exporter.stats()).toMatchObject({ exported: 30_000, failed: {}, inFlight: 0 })
  expect(await sink.stats()).toMatchObject({ delivered: 30_000, duplicates: 0, connections: 2 })
})

test('a budget that one of them has used up comes back to both', async () => {
  const sink = await setupCountingSink()
  await sink.script({ fault: 'never' })
  const { exporter, processors, end } = setupTwo(sink.url, { maxBufferedBytes: 2 * 2 ** 20, timeoutMillis: 2000 })
  const [first, second] = processors
  endSpans(tracerOf(first), 30_000)
  expect(first.stats().dropped.queue_full).toBeGreaterThan(0)
  expect(exporter.stats().bufferedBytes).toBeLessThanOrEqual(2 * 2 ** 20)
  await expect.poll(async () => (await sink.stats()).waiting).toBeGreaterThan(0)
  await sink.script()
  // Another batch is opened only where this much is left.
  expect(exporter.stats().bufferedBytes).toBeGreaterThan(2 ** 20)
  end(500)
  await Promise.allSettled(processors.map((processor) => processor.forceFlush({ timeoutMillis: 10_000 })))

  end(100)
  await Promise.all(processors.map((processor) => processor.forceFlush()))
  for (const processor of processors) {
    const stats = processor.stats()
    expect(stats).toMatchObject({ queued: 0, inFlight: 0 })
    expectAccounted(stats)
  }
  expect(second.stats()).toMatchObject({ ended: 600, exported: 600 })
  const delivered = first.stats().exported + 600
  expect(await sink.stats()).toMatchObject({ delivered, duplicates: 0 })
})
