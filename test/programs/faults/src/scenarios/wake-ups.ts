// SPDX-License-Identifier: Apache-2.0
// Flushes that nobody wakes, that later spans starve, or that are given up.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call, Lab } from '../lab/lab.js'
import { LIMITS, SHUTDOWN_MILLIS } from '../lab/pipeline.js'
import type { Scenario } from '../scenario.js'

const TIMEOUT = LIMITS.exportTimeoutMillis
const MEGABYTE = 2 ** 20

export const wakeUps: readonly Scenario[] = [
  {
    id: '33a',
    title: 'Flush while an export of 0.1 s is under way and nothing else waits',
    async run(lab) {
      const exporter = lab.scripted({ onExport: (call) => void setTimeout(() => call.succeed(), 100) })
      const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 2000 })
      pipeline.end(5)
      await lab.until(() => exporter.running > 0)
      await lab.settles('flush', () => pipeline.flush(), 500)
      lab.require(exporter.delivered === 5, `${5 - exporter.delivered} of 5 spans are not delivered when it resolves`)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '33b',
    title: 'A span ends every millisecond and an export takes 50 ms; flush waits for what ended before it, and for no later span',
    async run(lab) {
      const exporter = lab.scripted({ onExport: (call) => void setTimeout(() => call.succeed(), 50) })
      const pipeline = lab.pipeline(exporter, { maxExportBatchSize: 500, maxQueueSize: 2000, exportTimeoutMillis: 1000 })
      const producer = setInterval(() => pipeline.end(1), 1)
      await lab.until(() => exporter.running > 0 && pipeline.ended > 20)
      pipeline.end(1)
      const before = pipeline.ended
      await lab.settles('flush', () => pipeline.flush(), 500)
      lab.require(exporter.delivered >= before, `${before - exporter.delivered} spans that ended before it are not delivered`)
      clearInterval(producer)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '34',
    title: 'Flush 200 times for each way in which a span can leave: success, failure, time-out, drop, shutdown',
    async run(lab) {
      const ways: Record<string, (call: Call) => unknown> = {
        success: (call) => setImmediate(() => call.succeed()),
        failure: (call) => setImmediate(() => call.fail()),
        'time-out': () => {},
        drop: (call) => setImmediate(() => call.succeed()),
      }
      for (const [way, onExport] of Object.entries(ways)) {
        const pipeline = lab.pipeline(lab.scripted({ onExport }), { exportTimeoutMillis: way === 'time-out' ? 5 : 1000 })
        const count = way === 'drop' ? LIMITS.maxQueueSize + 5 : 1
        // oxlint-disable-next-line no-await-in-loop -- one way after the other
        await lab.settles(`200 flushes that end in ${way}`, () => flushAgainAndAgain(pipeline, count), 4000, 8000)
        // oxlint-disable-next-line no-await-in-loop -- one way after the other
        await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
      }
      await lab.settles('200 flushes that end in shutdown', () => shutDownManyTimes(lab), 4000, 8000)
    },
  },
  {
    id: '35',
    title: 'One of ten flushes of a hung exporter is aborted, then 500 that were aborted before they began',
    async run(lab) {
      if (!lab.isOurs) return lab.notApplicable('its `forceFlush` takes no signal')
      const pipeline = lab.pipeline(lab.scripted({ onExport: () => {} }))
      pipeline.end(5)
      const abort = new AbortController()
      const aborted = pipeline.flush({ signal: abort.signal })
      const others = Array.from({ length: 9 }, () => pipeline.flush())
      abort.abort()
      await lab.settles('the aborted flush', () => aborted, 0)
      await lab.settles('500 flushes with an aborted signal', () => Promise.allSettled(abortedFlushes(pipeline, abort.signal)), 0)
      await lab.settles('the other nine', () => Promise.allSettled(others), TIMEOUT)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '37',
    title: '1,000 times a span and a flush, on an exporter that hangs',
    async run(lab) {
      const exporter = lab.scripted({ onExport: () => {} })
      const pipeline = lab.pipeline(exporter, { maxQueueSize: 2000, maxExportBatchSize: 500 })
      globalThis.gc?.()
      const heapBefore = process.memoryUsage().heapUsed
      const flushes: Promise<void>[] = []
      for (let i = 0; i < 1000; i++) {
        pipeline.end(1)
        flushes.push(pipeline.flush())
      }
      await sleep(TIMEOUT / 2)
      lab.require(exporter.mostAtOnce <= 1, `${exporter.mostAtOnce} exports at once`)
      await lab.settles('all flushes', () => Promise.allSettled(flushes), TIMEOUT)
      flushes.length = 0
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
      await sleep(1)
      globalThis.gc?.()
      const grown = (process.memoryUsage().heapUsed - heapBefore) / MEGABYTE
      lab.require(grown < 20, `the heap grows by ${grown.toFixed(0)} MB`)
    },
  },
  {
    id: '38',
    isSent: true,
    title: 'Flush of 4,000 spans in batches of 100 to a healthy backend',
    async run(lab) {
      const sink = await lab.sink()
      const exporter = await lab.otlp({ url: sink.url, timeoutMillis: 5000 })
      const options = { maxQueueSize: 4096, maxExportBatchSize: 100, scheduledDelayMillis: 5000, exportTimeoutMillis: 5000 }
      const pipeline = lab.pipeline(exporter, options)
      pipeline.end(4000)
      await lab.settles('flush', () => pipeline.flush(), 5000)
      lab.require((await sink.stats()).delivered >= 4000, 'not all have arrived when it resolves')
      await lab.settles('shutdown', () => pipeline.shutdown(5000), 5000)
    },
  },
]

async function flushAgainAndAgain(pipeline: ReturnType<Lab['pipeline']>, count: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    pipeline.end(count)
    // oxlint-disable-next-line no-await-in-loop -- again and again
    await pipeline.flush({ timeoutMillis: 2000 }).catch(() => {})
  }
}

/** All at once: the stock processor's shutdown has no limit but the time-out of its exports. */
async function shutDownManyTimes(lab: Lab): Promise<void> {
  const once = async (): Promise<void> => {
    const pipeline = lab.pipeline(lab.scripted({ onExport: () => {} }), { exportTimeoutMillis: 2000 })
    pipeline.end(5)
    void pipeline.flush().catch(() => {})
    await pipeline.shutdown(100).catch(() => {})
  }
  await Promise.all(Array.from({ length: 200 }, once))
}

function abortedFlushes(pipeline: ReturnType<Lab['pipeline']>, signal: AbortSignal): Promise<void>[] {
  return Array.from({ length: 500 }, () => pipeline.flush({ signal }))
}
