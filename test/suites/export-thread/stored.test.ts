// SPDX-License-Identifier: Apache-2.0
// What waits for the backend in the export thread, when that dies.
import { expectAccounted } from '@spanring/test-kit/accounting'
import { setupDirectory } from '@spanring/test-kit/directory'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { expect, test } from 'vitest'
import { setupWholePipeline } from '../whole-pipeline/setup-whole-pipeline.js'
import { withThreads } from './threads.js'

async function setup(options: OTLPTraceExporterOptions) {
  captureDiag()
  const sink = await setupCountingSink()
  const pipeline = withThreads((threads) => ({
    ...setupWholePipeline(sink.url, { scheduledDelayMillis: 10 }, { worker: true, ...options }),
    threads,
  }))
  pipeline.end(10)
  await sink.waitForSpans(10)
  await sink.stopListening()
  pipeline.end(100)
  await until(() => pipeline.processor.stats().stored === 100)
  return { sink, ...pipeline }
}

test('what it has in memory is lost with it, and counted', async () => {
  const { sink, processor, exporter, threads, end } = await setup({})
  await threads.kill()
  await until(() => processor.stats().failed['export_thread'] === 100)
  expect(processor.stats()).toMatchObject({ stored: 0, exported: 10 })
  expect(exporter.stats()).toMatchObject({ stored: 0, bufferedBytes: 0 })
  await sink.listenAgain()
  end(5)
  await sink.waitForSpans(15)
  expectAccounted(processor.stats())
})

test('what it has written to disk is delivered by the next one', async () => {
  const directory = setupDirectory()
  const { sink, processor, exporter, threads, end } = await setup({ spool: { directory } })
  // Stored comes before written.
  await until(() => exporter.stats().bufferedBytes === 0)
  await threads.kill()
  await until(() => processor.stats().kept === 100)
  expect(processor.stats()).toMatchObject({ stored: 100, exported: 10, failed: {} })
  await sink.listenAgain()
  end(5)
  await sink.waitForSpans(115, 20_000)
  await until(() => exporter.stats().inherited.exported === 100)
  expect(await sink.stats()).toMatchObject({ delivered: 115, deliveredTwice: 0 })
  expectAccounted(processor.stats())
})

test('a function for headers is asked again for what was stored: its first answer may have expired', async () => {
  let token = 0
  const headers = async (): Promise<Record<string, string>> => ({ 'x-token': String(++token) })
  const { sink, processor } = await setup({ headers })
  const before = token
  await sink.listenAgain()
  await sink.waitForSpans(110)
  expect(Number((await sink.stats()).lastHeaders?.['x-token'])).toBeGreaterThan(before)
  await until(() => processor.stats().exported === 110)
})
