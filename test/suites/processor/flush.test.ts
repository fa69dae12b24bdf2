// SPDX-License-Identifier: Apache-2.0
import type { SpanExporter } from '@spanring/batch-span-processor'
import { createStockExporter, createStockProcessor } from '@spanring/sdk-2'
import { setupSink } from '@spanring/test-kit/sink'
import { endSpans, tracerOf } from '@spanring/test-kit/spans'
import { describe, expect, test, vi } from 'vitest'
import { setupPipeline } from './setup-pipeline.js'

describe('forceFlush over a real socket', () => {
  test('waits for the export that is in flight', async () => {
    const { sink, processor, end } = await setupPipeline({ maxExportBatchSize: 5 }, withoutFlush)
    await sink.script({ delayMillis: 300 })
    end(5)
    await vi.waitFor(async () => expect(await sink.stats()).toMatchObject({ waiting: 5, delivered: 0 }))

    await processor.forceFlush()

    expect(await sink.stats()).toMatchObject({ waiting: 0, delivered: 5 })
    expect(processor.stats()).toMatchObject({ exported: 5, inFlight: 0, queued: 0 })
  })

  test('delivers a burst of 4,000 spans whole, of which the stock processor loses some', async () => {
    const options = { maxExportBatchSize: 100, maxQueueSize: 4096 }
    const ours = await setupPipeline(options)
    ours.end(4000)
    await ours.processor.forceFlush()

    // The stock one starts 40 exports at once, of which its exporter refuses all but 30.
    const stockSink = await setupSink()
    const stock = createStockProcessor(createStockExporter('http/protobuf', stockSink.url), options)
    endSpans(tracerOf(stock), 4000)
    await stock.forceFlush().catch(() => {})
    await stock.shutdown().catch(() => {})

    expect(await ours.sink.stats()).toMatchObject({ delivered: 4000, duplicates: 0, requests: 40 })
    expect((await stockSink.stats()).delivered).toBeLessThan(4000)
  })

  test('rejects when the backend refuses a batch, counts its spans, and delivers the others', async () => {
    const { sink, processor, end } = await setupPipeline({ maxExportBatchSize: 10 })
    await sink.script({}, { status: 400 }, {})
    end(30)

    await expect(processor.forceFlush()).rejects.toThrow()

    expect(await sink.stats()).toMatchObject({ delivered: 20, refused: 10 })
    expect(processor.stats()).toMatchObject({ ended: 30, exported: 20, failed: { export_failed: 10 }, queued: 0, inFlight: 0 })
  })
})

describe('shutdown over a real socket', () => {
  test('calls the shutdown of the exporter only after the export in flight has ended', async () => {
    const log: string[] = []
    const { sink, processor, end } = await setupPipeline({ maxExportBatchSize: 5 }, (exporter) => logged(exporter, log))
    await sink.script({ delayMillis: 300 })
    end(5)
    await vi.waitFor(async () => expect(await sink.stats()).toMatchObject({ waiting: 5 }))
    end(3)

    await processor.shutdown()

    expect(log).toEqual(['export of 5', 'result 0', 'export of 3', 'result 0', 'flush', 'shutdown'])
    expect(await sink.stats()).toMatchObject({ delivered: 8 })
  })

  test('counts what ends after it and does not export it', async () => {
    const { sink, processor, end } = await setupPipeline()
    end(4)
    const closed = processor.shutdown()
    end(2)
    await closed
    end(1)

    expect(await sink.stats()).toMatchObject({ delivered: 4, received: 4 })
    expect(processor.stats()).toMatchObject({ ended: 7, exported: 4, dropped: { already_shutdown: 3 } })
  })
})

/** The stock exporter waits for its requests in `forceFlush`, which would hide a processor that does not. */
function withoutFlush(exporter: SpanExporter): SpanExporter {
  return { export: (spans, done) => exporter.export(spans, done), shutdown: () => exporter.shutdown() }
}

function logged(exporter: SpanExporter, log: string[]): SpanExporter {
  return {
    export(spans, done) {
      log.push(`export of ${spans.length}`)
      exporter.export(spans, (result) => {
        log.push(`result ${result.code}`)
        done(result)
      })
    },
    async forceFlush() {
      log.push('flush')
      await exporter.forceFlush?.()
    },
    async shutdown() {
      log.push('shutdown')
      await exporter.shutdown()
    },
  }
}
