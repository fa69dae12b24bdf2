// SPDX-License-Identifier: Apache-2.0
import { setupSharedSink, setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { settledWithin } from '../transport/setup-transport.js'
import { hasThread, setupExporter } from './setup-exporter.js'

const sink = await setupSharedSink()

/** So many other threads of this process run JavaScript. One that was told to end may take a moment. */
async function expectThreads(count: number): Promise<void> {
  await expect.poll(() => (process.report.getReport() as { workers: unknown[] }).workers.length).toBe(count)
}

test('each exporter has a thread of its own from its first batch to its shutdown, and none without batches', async () => {
  const other = await setupSink()
  const unused = setupExporter({ url: sink.url })
  const first = setupExporter({ url: sink.url })
  const second = setupExporter({ url: other.url })
  await expectThreads(0)
  expect(await Promise.all([first.exportSpans(3), second.exportSpans(4)])).toEqual([{ code: 0 }, { code: 0 }])
  await expectThreads(hasThread ? 2 : 0)
  await first.exporter.shutdown()
  await expectThreads(hasThread ? 1 : 0)
  expect(await second.exportSpans(5)).toEqual({ code: 0 })
  await second.exporter.shutdown()
  await unused.exporter.shutdown()
  await expectThreads(0)
  expect([(await sink.stats()).delivered, (await other.stats()).delivered]).toEqual([3, 9])
})

test('many short lives leave no thread and no memory of spans', async () => {
  for (let life = 0; life < 10; life++) {
    const { exporter, exportSpans } = setupExporter({ url: sink.url })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await exportSpans(100)).toEqual({ code: 0 })
    // oxlint-disable-next-line no-await-in-loop -- as above
    await exporter.shutdown()
    expect(exporter.stats()).toMatchObject({ exported: 100, inFlight: 0, bufferedBytes: 0 })
  }
  await expectThreads(0)
})

test('a shutdown in the middle of an outage ends in time, and what was under way is counted', async () => {
  await sink.script({ fault: 'never' })
  const { exporter, exportSpans } = setupExporter({ url: sink.url, timeoutMillis: 60_000 })
  const result = exportSpans(5)
  await until(async () => (await sink.stats()).waiting === 5)
  await settledWithin(5000, () => exporter.shutdown())
  expect((await result).error).toMatchObject({ code: 'shutdown' })
  expect(exporter.stats()).toMatchObject({ exported: 0, failed: { shutdown: 5 }, inFlight: 0, bufferedBytes: 0 })
  await expectThreads(0)
})

test('memory that was full is there again when batches are settled', async () => {
  const { exporter, exportSpans } = setupExporter({ url: sink.url, maxBufferedBytes: 100_000, timeoutMillis: 20_000 })
  await sink.script({ delayMillis: 1000, times: 1 }, {})
  const slow = exportSpans(300)
  await until(async () => (await sink.stats()).waiting === 300)
  for (let round = 0; round < 20; round++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await exportSpans(300)).toEqual({ code: 0 })
    expect(exporter.stats().bufferedBytes).toBeLessThanOrEqual(100_000)
  }
  expect(await slow).toEqual({ code: 0 })
  expect(exporter.stats()).toMatchObject({ exported: 6300, failed: {}, bufferedBytes: 0 })
})
