// SPDX-License-Identifier: Apache-2.0
import { captureDiag } from '@spanring/test-kit/diag'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { setupWholePipeline } from '../whole-pipeline/setup-whole-pipeline.js'
import { expectEverythingArrived } from './everything-arrived.js'
import { withThreads } from './threads.js'

/* With the real clock what packages/otlp-exporter/test/thread/export-thread.test.ts shows with one of its own. */

const FILES = new URL('../../../packages/otlp-exporter/test/thread/fixtures/', import.meta.url)
const CONFIG = { maxExportBatchSize: 100 }

test('a thread that is never ready: what waits for it is sent from this thread after 5 s, and nothing is lost', async () => {
  const lines = captureDiag()
  const sink = await setupCountingSink()
  const worker = { file: new URL('silent-thread.mjs', FILES) }
  const pipeline = setupWholePipeline(sink.url, CONFIG, { worker })
  const { processor, end } = pipeline
  end(2000)
  await processor.forceFlush()

  await expectEverythingArrived(pipeline, sink, 2000)
  expect(lines).toEqual([expect.stringContaining('the export thread cannot be started; spans are sent from this thread')])
})

test('a thread that hangs: what it has fails at its deadline, and it is replaced', async () => {
  const lines = captureDiag()
  const sink = await setupCountingSink()
  const worker = { file: new URL('hanging-thread.mjs', FILES) }
  const { threads, processor, exporter, end } = withThreads((record) => ({
    threads: record,
    ...setupWholePipeline(sink.url, CONFIG, { worker, timeoutMillis: 1000 }),
  }))
  end(300)
  await processor.forceFlush().catch(() => {})
  expect(processor.stats()).toMatchObject({ ended: 300, exported: 0, failed: { timeout: 300 } })
  expect(exporter.stats()).toMatchObject({ exported: 0, failed: { timeout: 300 }, inFlight: 0 })
  // The thread still has its slabs.
  expect(exporter.stats().bufferedBytes).toBeGreaterThan(0)
  // The processor has warned of the losses.
  const ofExporter = (): string[] => lines.filter((line) => line.startsWith('OTLPTraceExporter'))
  await until(() => ofExporter().length > 0)
  expect(ofExporter()).toEqual([expect.stringContaining('the export thread has ended; another one is started')])
  await until(() => exporter.stats().bufferedBytes === 0)
  end(1)
  await until(() => threads.all.length === 2)
})
