// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { tracerOf } from '@spanring/test-kit/spans'
import { expect, onTestFinished, test } from 'vitest'

const MIB = 2 ** 20

function setup(url: string) {
  const exporter = new OTLPTraceExporter({ url, maxBufferedBytes: 32 * MIB })
  const processor = new BatchSpanProcessor(exporter)
  onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
  const tracer = tracerOf(processor)
  const end = (bytes: number): void => tracer.startSpan('x'.repeat(bytes)).end()
  return { exporter, processor, end }
}

test('twenty spans of 3 MB to a backend that answers after 300 ms wait in the queue for room, and all arrive', async () => {
  const sink = await setupCountingSink()
  await sink.script({ delayMillis: 300 })
  const { exporter, processor, end } = setup(sink.url)
  for (let i = 0; i < 20; i++) end(3_000_000)
  await processor.forceFlush()
  expect(processor.stats()).toMatchObject({ ended: 20, exported: 20, failed: {}, queued: 0, inFlight: 0 })
  expect(exporter.stats()).toMatchObject({ exported: 20, failed: {}, bufferedBytes: 0 })
  expect(await sink.stats()).toMatchObject({ delivered: 20, duplicates: 0 })
})

test('a span of 31 MiB arrives between small ones, and one of 33 MiB counts as too large', async () => {
  const sink = await setupCountingSink()
  const { processor, end } = setup(sink.url)
  for (const bytes of [10, 31 * MIB, 10, 33 * MIB, 10]) end(bytes)
  await processor.forceFlush().catch(() => {})
  expect(processor.stats()).toMatchObject({ ended: 5, exported: 4, failed: { too_large: 1 }, queued: 0, inFlight: 0 })
  expect(await sink.stats()).toMatchObject({ delivered: 4 })
})
