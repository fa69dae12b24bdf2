// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { SpanExporter } from '@spanring/batch-span-processor'
import { startSink } from '@spanring/sink'
import type { ReceivedSpan, SinkStats } from '@spanring/sink'
import { describe, expect, test } from 'vitest'
import type { SdkLine } from './sdk-line.js'
import { runTracedProgram } from '@spanring/traced-program'
import type { SwappableProcessor } from '@spanring/traced-program'

const OPTIONS = { maxExportBatchSize: 100, scheduledDelayMillis: 50 }
const PROTOCOLS = ['http/json', 'http/protobuf', 'grpc'] as const

export type CreateReplacement = (exporter: SpanExporter, options: typeof OPTIONS) => BatchSpanProcessor

interface Delivery {
  /** In order of arrival. */
  readonly spans: readonly ReceivedSpan[]
  readonly endedIds: readonly string[]
  readonly stats: SinkStats
}

/** The tests of one SDK line; in a file of its own for each, because two lines in a process share the API's globals. */
export function describeDropIn(sdk: SdkLine, createReplacement: CreateReplacement): void {
  describe.each(PROTOCOLS)(`on SDK ${sdk.sdkLine} behind the stock %s exporter`, (protocol) => {
    async function deliver(createProcessor: (exporter: never) => SwappableProcessor): Promise<Delivery> {
      const sink = await startSink({ grpc: protocol === 'grpc', strict: true })
      try {
        const exporter = sdk.createStockExporter(protocol, protocol === 'grpc' ? (sink.grpcUrl ?? '') : sink.url)
        const program = runTracedProgram(sdk, createProcessor(exporter as never))
        await program.forceFlush()
        await program.shutdown()
        await sink.waitForSpans(program.spanIds.length)
        return { spans: await sink.spans(), endedIds: program.spanIds, stats: await sink.stats() }
      } finally {
        await sink.close()
      }
    }

    test('the replacement delivers exactly what the stock processor delivers', async () => {
      const stock = await deliver((exporter) => sdk.createStockProcessor(exporter, OPTIONS))
      const ours = await deliver((exporter) => createReplacement(exporter, OPTIONS))

      expect(stock.endedIds).toHaveLength(700)
      expect(ours.endedIds).toEqual(stock.endedIds)
      expect(bySpanId(ours.spans)).toEqual(bySpanId(stock.spans))
      expect(ours.stats.duplicates).toBe(0)
      expect(ours.stats.requests).toBe(stock.stats.requests)
    })

    test('the replacement delivers the spans of a scope in the order in which they ended, in batches of the size asked for', async () => {
      const { spans, endedIds, stats } = await deliver((exporter) => createReplacement(exporter, OPTIONS))

      const scopeOf = new Map(spans.map(({ spanId, scope }) => [spanId, scope.name]))
      for (const scope of ['shop-server', 'shop-database']) {
        const arrived = spans.filter((span) => span.scope.name === scope).map(({ spanId }) => spanId)
        expect(arrived).toEqual(endedIds.filter((id) => scopeOf.get(id) === scope))
        expect(arrived.length).toBeGreaterThan(100)
      }
      expect(stats.requests).toBe(7)
    })

    test('the traced program leaves nothing out that a span can carry', async () => {
      const { spans } = await deliver((exporter) => createReplacement(exporter, OPTIONS))

      const server = spans.find(({ name, parentSpanId }) => name === 'POST /orders/:id' && parentSpanId !== '')
      expect(server?.traceId).toMatch(/^c0ffee/)
      expect(server?.parentSpanId).toMatch(/^beef/)
      expect(server).toMatchObject({
        kind: 2,
        traceState: 'vendor=value,other=1',
        links: [{ attributes: { 'link.reason': 'retry' } }],
      })
      expect(server?.scope).toMatchObject({ name: 'shop-server', version: '1.2.3' })
      expect(server?.resource.attributes).toMatchObject({ 'service.name': 'shop' })
      expect(Object.keys(server?.attributes ?? {})).toHaveLength(12)
      expect(spans.find(({ name }) => name === 'create order')?.events).toHaveLength(2)
      expect(spans.find(({ name }) => name === 'orders publish')).toMatchObject({
        status: { code: 2, message: 'connection reset' },
        events: [{ name: 'exception' }],
      })
      expect(spans.some(({ name }) => name === 'cache lookup')).toBe(false)
    })
  })
}

function bySpanId(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1))
}
