// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { createStockExporter, resourceFromAttributes, TracerProvider } from '@spanring/sdk-2'
import type { Sink } from '@spanring/sink'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { endSpans } from '@spanring/test-kit/spans'
import { expect, onTestFinished, test } from 'vitest'

/** A host whose id is detected as the promise says. */
async function setup(
  hostId: Promise<string>,
  config: BufferConfig = {},
): Promise<{ sink: Sink; processor: BatchSpanProcessor; end: (count: number) => void }> {
  const sink = await setupSink()
  const processor = new BatchSpanProcessor(createStockExporter('http/protobuf', sink.url), config)
  onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'host.id': hostId })
  const tracer = new TracerProvider({ resource, spanProcessors: [processor] }).getTracer('test')
  return { sink, processor, end: (count) => endSpans(tracer, count) }
}

async function delivered(sink: Sink): Promise<{ count: number; hostIds: unknown[] }> {
  const spans = await sink.spans()
  return { count: spans.length, hostIds: [...new Set(spans.map(({ resource }) => resource.attributes['host.id']))] }
}

test('spans that ended before the resource was detected are delivered with what was detected', async () => {
  const { sink, processor, end } = await setup(sleep(150, 'abc'), { maxExportBatchSize: 10 })
  end(25)
  await processor.forceFlush()

  expect(await delivered(sink)).toEqual({ count: 25, hostIds: ['abc'] })
})

test('a shutdown waits for the resource too', async () => {
  const { sink, processor, end } = await setup(sleep(150, 'abc'))
  end(5)
  await processor.shutdown()

  expect(await delivered(sink)).toEqual({ count: 5, hostIds: ['abc'] })
})

test('a detection that fails loses no span', async () => {
  const { sink, processor, end } = await setup(sleep(50).then(() => Promise.reject(new Error('no metadata service'))))
  end(5)
  await processor.forceFlush()

  expect(await delivered(sink)).toEqual({ count: 5, hostIds: [undefined] })
})

test('a detection that never ends is waited for once, and loses no span', async () => {
  const { sink, processor, end } = await setup(new Promise(() => {}), { maxExportBatchSize: 10, exportTimeoutMillis: 300 })
  const startedAt = performance.now()
  end(50)
  await processor.forceFlush({ timeoutMillis: 5000 })

  expect(await delivered(sink)).toEqual({ count: 50, hostIds: [undefined] })
  // Waited for in each of the five batches it would be 1,500 ms.
  expect(performance.now() - startedAt).toBeLessThan(300 + 700)
})

test.each(['http/protobuf', 'http/json'] as const)(
  'encoding over %s while the resource is detected makes the SDK log nothing, also when that takes too long',
  async (protocol) => {
    const logged = captureDiag()
    const hostIds = [sleep(150, 'abc'), new Promise<string>(() => {})]
    for (const [index, hostId] of hostIds.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const sink = await setupSink()
      const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url: sink.url, protocol }), { exportTimeoutMillis: 500 })
      onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
      const resource = resourceFromAttributes({ 'service.name': 'shop', 'host.id': hostId })
      endSpans(new TracerProvider({ resource, spanProcessors: [processor] }).getTracer('test'), 3000)
      // oxlint-disable-next-line no-await-in-loop -- as above
      await processor.forceFlush({ timeoutMillis: 5000 })
      // oxlint-disable-next-line no-await-in-loop -- as above
      const spans = await sink.spans()
      expect(spans.length).toBe(3000)
      const attributes = new Set(spans.map((span) => JSON.stringify(span.resource.attributes)))
      expect([...attributes]).toEqual([index === 0 ? '{"service.name":"shop","host.id":"abc"}' : '{"service.name":"shop"}'])
    }
    expect(logged).toEqual([])
  },
)
