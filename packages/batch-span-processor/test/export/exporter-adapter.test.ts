// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import type { ExportResult, IncrementalSpanExporter, ReadableSpan, SpanBatch, SpanExporter } from '@spanring/core'
import { SpanPipeline } from '../../src/span-pipeline.js'
import { createSpan, numbersOf } from '../span.js'

type Export = SpanExporter['export']

const SETTINGS = {
  maxQueueSize: 100,
  maxExportBatchSize: 5,
  scheduledDelayMillis: 50,
  exportTimeoutMillis: 200,
  shutdownTimeoutMillis: 10_000,
  turnBudgetMillis: 0.5,
}

/** An incremental exporter that declares its `export`, as a class of its own for each test: its prototype is patched. */
function setup() {
  const delivered = { byBatch: [] as number[], byArray: [] as number[] }
  class Exporter implements IncrementalSpanExporter {
    readonly maxConcurrentBatches: number = 2
    get exportOfBatches(): Export {
      return exportOfBatches
    }
    export(spans: ReadableSpan[], callback: (result: ExportResult) => void): void {
      delivered.byArray.push(...numbersOf(spans))
      callback({ code: 0 })
    }
    openBatch(): SpanBatch {
      const spans: ReadableSpan[] = []
      return {
        spanCount: 0,
        byteLength: 0,
        add: (span) => {
          spans.push(span)
          return 'added'
        },
        send: () => {
          delivered.byBatch.push(...numbersOf(spans))
          return Promise.resolve({ exported: spans.length, failed: {} })
        },
      }
    }
    shutdown(): Promise<void> {
      return Promise.resolve()
    }
  }
  // oxlint-disable-next-line typescript/unbound-method -- only compared
  const exportOfBatches = Exporter.prototype.export
  const clock = new FakeClock()
  let ended = 0
  const start = (exporter: SpanExporter) => {
    const pipeline = new SpanPipeline(exporter, SETTINGS, clock)
    const exportFive = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) pipeline.admit(createSpan(ended++))
      await clock.advance(100)
    }
    return { pipeline, exportFive }
  }
  return { Exporter, delivered, start }
}

/** Takes out the span with an odd number, as one that redacts would. */
function withoutOdd(original: Export): Export {
  return function (this: SpanExporter, spans, callback) {
    original.call(
      this,
      spans.filter((span) => (numbersOf([span])[0] ?? 0) % 2 === 0),
      callback,
    )
  }
}

test('an export that nobody has touched is bypassed: spans are handed over one by one', async () => {
  const { Exporter, delivered, start } = setup()
  await start(new Exporter()).exportFive()
  expect(delivered).toEqual({ byBatch: [0, 1, 2, 3, 4], byArray: [] })
})

test('an export that was wrapped on the class before anything was made gets every span', async () => {
  const { Exporter, delivered, start } = setup()
  Exporter.prototype.export = withoutOdd(Exporter.prototype.export)
  await start(new Exporter()).exportFive()
  expect(delivered).toEqual({ byBatch: [], byArray: [0, 2, 4] })
})

test('an export that is replaced after the processor was made gets every span from then on, until it is put back', async () => {
  const { Exporter, delivered, start } = setup()
  const exporter = new Exporter()
  const original = exporter.export
  const { pipeline, exportFive } = start(exporter)
  await exportFive()
  exporter.export = withoutOdd(original)
  await exportFive()
  exporter.export = original
  await exportFive()
  expect(delivered).toEqual({ byBatch: [0, 1, 2, 3, 4, 10, 11, 12, 13, 14], byArray: [6, 8] })
  expect(pipeline.stats()).toMatchObject({ ended: 15, exported: 15, queued: 0, encoded: 0, inFlight: 0 })
})

test('a wrapper that is put on the class later gets every span from then on', async () => {
  const { Exporter, delivered, start } = setup()
  const { exportFive } = start(new Exporter())
  await exportFive()
  Exporter.prototype.export = withoutOdd(Exporter.prototype.export)
  await exportFive()
  expect(delivered).toEqual({ byBatch: [0, 1, 2, 3, 4], byArray: [6, 8] })
})
