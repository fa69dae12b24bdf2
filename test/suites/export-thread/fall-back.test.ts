// SPDX-License-Identifier: Apache-2.0
import { captureDiag } from '@spanring/test-kit/diag'
import { setupCountingSink, setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import type { ReadableSpan } from '@spanring/sdk-2'
import { expect, test } from 'vitest'
import { setupWholePipeline } from '../whole-pipeline/setup-whole-pipeline.js'
import { endedSpans } from './ended-spans.js'
import { expectEverythingArrived } from './everything-arrived.js'
import { withThreads } from './threads.js'

const FIXTURES = new URL('fixtures/', import.meta.url)

test('a file that throws at its start: spans are sent from this thread, one warning says so, nothing is lost', async () => {
  const lines = captureDiag()
  const sink = await setupCountingSink()
  const worker = { file: new URL('throwing.mjs', FIXTURES) }
  const pipeline = setupWholePipeline(sink.url, { maxExportBatchSize: 100 }, { worker })
  const { processor, end } = pipeline
  end(1000)
  await processor.forceFlush()
  end(1000)
  await processor.forceFlush()

  await expectEverythingArrived(pipeline, sink, 2000)
  expect(lines).toEqual([
    expect.stringContaining('the export thread cannot be started: this thread does not start; spans are sent from this thread'),
  ])
})

test('small requests, of which more wait for the thread than there are pages in maxBufferedBytes', async () => {
  const sink = await setupCountingSink()
  const { exporter } = setupWholePipeline(
    sink.url,
    {},
    { worker: { file: new URL('late.mjs', FIXTURES) }, maxRequestBytes: 400, maxBufferedBytes: 2 ** 21 },
  )
  // Each in a request of its own.
  expect(await exportAll(exporter, endedSpans(1500, 'x'.repeat(250)))).toEqual({ code: 0 })
  expect(exporter.stats()).toMatchObject({ exported: 1500, failed: {}, requests: 1500, bufferedBytes: 0 })
  expect(await sink.stats()).toMatchObject({ delivered: 1500, duplicates: 0 })
})

test('of the batches that a dead thread had, those that were in a request are lost, and the others arrive once', async () => {
  const lines = captureDiag()
  const sink = await setupSink()
  // The first two are not answered; all others are.
  await sink.script({ fault: 'never', times: 2 }, {})
  const { threads, exporter } = withThreads((record) => ({
    threads: record,
    ...setupWholePipeline(sink.url, {}, { worker: true, concurrencyLimit: 2 }),
  }))
  const exports = Array.from({ length: 20 }, (_, i) => exportAll(exporter, endedSpans(10, `batch ${i}`)))
  await until(async () => (await sink.stats()).requests === 2)
  expect(await threads.kill()).toBe(true)
  const results = await Promise.all(exports)

  expect(results.filter(({ code }) => code !== 0)).toEqual([
    expect.objectContaining({ error: expect.objectContaining({ code: 'export_thread' }) }),
    expect.objectContaining({ error: expect.objectContaining({ code: 'export_thread' }) }),
  ])
  expect(exporter.stats()).toMatchObject({
    exported: 180,
    failed: { export_thread: 20 },
    inFlight: 0,
    requests: 20,
    bufferedBytes: 0,
  })
  expect(await sink.stats()).toMatchObject({ received: 200, delivered: 180, duplicates: 0 })
  expect(lines).toEqual([expect.stringContaining('the export thread has ended; another one is started')])
})

interface Result {
  readonly code: number
  readonly error?: Error
}

function exportAll(exporter: { export(spans: ReadableSpan[], done: (result: Result) => void): void }, spans: ReadableSpan[]) {
  return new Promise<Result>((resolve) => {
    exporter.export(spans, resolve)
  })
}
