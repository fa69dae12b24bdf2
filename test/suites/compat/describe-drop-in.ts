// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { SpanExporter } from '@spanring/batch-span-processor'
import { bySpanId, deliverTracedProgram } from '@spanring/test-kit/delivery'
import type { Delivery, SdkLine } from '@spanring/test-kit/delivery'
import type { SwappableProcessor } from '@spanring/traced-program'
import { describe, expect, test } from 'vitest'

const OPTIONS = { maxExportBatchSize: 100, scheduledDelayMillis: 50 }
const PROTOCOLS = ['http/json', 'http/protobuf', 'grpc'] as const

export type CreateReplacement = (exporter: SpanExporter, options: typeof OPTIONS) => BatchSpanProcessor

/** The tests of one SDK line; in a file of its own for each, because two lines in a process share the API's globals. */
export function describeDropIn(sdk: SdkLine, createReplacement: CreateReplacement): void {
  describe.each(PROTOCOLS)(`on SDK ${sdk.sdkLine} behind the stock %s exporter`, (protocol) => {
    function deliver(createProcessor: (exporter: never) => SwappableProcessor): Promise<Delivery> {
      return deliverTracedProgram(sdk, { grpc: protocol === 'grpc', strict: true }, ({ url, grpcUrl = '' }) => {
        const exporter = sdk.createStockExporter(protocol, protocol === 'grpc' ? grpcUrl : url)
        return createProcessor(exporter as never)
      })
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
