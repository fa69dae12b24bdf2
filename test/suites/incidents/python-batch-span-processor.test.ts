// SPDX-License-Identifier: Apache-2.0
/*
 * OpenTelemetry Python's BatchSpanProcessor under gunicorn and gevent: https://github.com/open-telemetry/opentelemetry-python/issues/3886
 * To end a span took the lock of a condition, to tell the worker of a full batch; the worker held it while it went to sleep. With
 * threads that are greenlets of one scheduler, holder and waiter could stop each other, and every request of the server stood in
 * span.end(). The rewrite (#4562, #4580) takes no lock there. The family: a flush that ignores its time-out (#4568), a shutdown
 * that sits out a back-off of a minute (#3309, #4638), a logger that ends spans while a span is ended (#2701, #4588, #4636).
 */
import { diag } from '@opentelemetry/api'
import type { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { forkSink } from '@spanring/sink'
import { expectAccounted } from '@spanring/test-kit/accounting'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { ClosedWorld } from './closed-world.js'
import { Permits } from './permits.js'
import { flushOf, outcomeOf, scripted, setupOurs, setupScripted, setupRefusedOnce } from './setup-scripted.js'
import type { Done } from './setup-scripted.js'

/** The end of a span takes the lock to wake the worker, who holds it while it waits to be woken; or gives it back first. */
async function naiveOnEnd(givesBack: boolean): Promise<void> {
  const lock = new Permits(1)
  let wake = (): void => {}
  const worker = async (): Promise<void> => {
    await lock.acquire()
    const woken = new Promise<void>((resolve) => (wake = resolve))
    if (givesBack) lock.release()
    await woken
    if (!givesBack) lock.release()
  }
  void worker()
  await lock.acquire()
  wake()
  lock.release()
}

/** The time-out is for the export; the lock before it belongs to one that does not end. */
async function naiveFlush(world: ClosedWorld, isExporting: boolean): Promise<void> {
  const lock = new Permits(1)
  if (isExporting) await lock.acquire()
  await lock.acquire()
  await Promise.race([world.sleep(5), world.sleep(1000)])
  lock.release()
}

/** What is logged under a lock is a record itself, and to take a record takes the lock. */
async function naiveLog(isFull: boolean): Promise<void> {
  const lock = new Permits(1)
  const emit = async (): Promise<void> => {
    await lock.acquire()
    if (isFull) await emit()
    lock.release()
  }
  await emit()
}

test('naive: the end of a span hangs on a lock that background work holds', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveOnEnd(true))).toBe('fulfilled')
  expect(await world.fateOf(naiveOnEnd(false))).toBe('hangs')
})

test('naive: a flush hangs on the lock before the wait that its time-out covers', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveFlush(world, false))).toBe('fulfilled')
  expect(await world.fateOf(naiveFlush(world, true))).toBe('hangs')
})

test('naive: a logger that emits hangs on the lock of the record that it tells of', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveLog(false))).toBe('fulfilled')
  expect(await world.fateOf(naiveLog(true))).toBe('hangs')
})

// R2, R7. Turns red when `DrainLoop.#wake` takes a turn instead of setting the timer (batch-span-processor/src/loop/drain-loop.ts).
test('to end a span never exports, and takes no notice of an export that is stuck', async () => {
  const sink = await setupCountingSink()
  await sink.script({ fault: 'never' })
  const { processor, exporter, end } = setupOurs(sink.url, { scheduledDelayMillis: 10, exportTimeoutMillis: 1500 })
  let isEnding = false
  let exportsWithin = 0
  let exports = 0
  const foreign = setupScripted(
    scripted(() => {
      exports++
      if (isEnding) exportsWithin++
    }),
    // Its export must still be under way when the first request of the other one has left, which loads undici first.
    { maxExportBatchSize: 5, exportTimeoutMillis: 20_000 },
  )
  const endWatched = (count: number): void => {
    isEnding = true
    end(count)
    foreign.end(count)
    isEnding = false
  }
  // As many as fill a batch of the foreign exporter.
  endWatched(5)
  await until(async () => (await sink.stats()).waiting === 5 && exports === 1)
  endWatched(3000)

  // Not one of the 3,000 has moved the network or an exporter: they wait, or they are counted.
  expect({ exports, exportsWithin, requests: exporter.stats().requests }).toEqual({ exports: 1, exportsWithin: 0, requests: 1 })
  expect(processor.stats()).toMatchObject({ ended: 3005, queued: 2016, encoded: 984, inFlight: 5 })
  expect(foreign.processor.stats()).toMatchObject({ queued: 2048, dropped: { queue_full: 952 } })
  await sink.script()
  expect(await flushOf(processor)).toBe('rejected')
  expect(processor.stats()).toMatchObject({ exported: 3000, failed: { timeout: 5 } })
  expectAccounted(foreign.processor.stats())
})

// R1. Turns red without `at` in the limit of `flush` (batch-span-processor/src/waits/flush.ts).
test('a flush keeps its time-out whatever the export before it does, one per span too', async () => {
  const sink = await setupCountingSink()
  await sink.script({ fault: 'never' })
  const { processor, exporter, end } = setupOurs(sink.url, { maxExportBatchSize: 1 }, { concurrencyLimit: 1 })
  const flushes: Promise<string>[] = []
  for (let i = 0; i < 20; i++) {
    end(1)
    flushes.push(outcomeOf(processor.forceFlush({ timeoutMillis: 50 })))
  }
  expect(new Set(await Promise.all(flushes))).toEqual(new Set(['rejected']))

  // The wait is over and the work is not: nothing was given up.
  const { inFlight } = exporter.stats()
  // One for the connection. None waits for it in the export thread before the first answer.
  expect(inFlight).toBe(1)
  expect(processor.stats()).toMatchObject({ ended: 20, queued: 0, encoded: 20 - inFlight, inFlight, failed: {} })
})

// R1, R6. Turns red without the listener on `closing` in `Backend.#nextChange` (otlp-exporter/src/transport/retry/backend.ts).
test('a shutdown does not sit out a back-off', async () => {
  const { sink, processor, exporter, end } = await setupRefusedOnce(
    { exportTimeoutMillis: 600_000 },
    { timeoutMillis: 600_000, retry: { initialBackoffMillis: 300_000, maxBackoffMillis: 300_000, jitter: false } },
  )
  end(5)
  const flush = outcomeOf(processor.forceFlush())
  await until(() => exporter.stats().backend === 'down')
  expect(await outcomeOf(processor.shutdown({ timeoutMillis: 300_000 }))).toBe('fulfilled')

  expect(await flush).toBe('fulfilled')
  expect(processor.stats()).toMatchObject({ ended: 5, exported: 5, failed: {} })
  expect(await sink.stats()).toMatchObject({ requests: 2, delivered: 5 })
})

// R3. Turns red without the `catch` in `warn` (batch-span-processor/src/warn.ts).
test.each<[string, (processor: BatchSpanProcessor) => void]>([
  ['ends a span', () => {}],
  ['ends a span and flushes', (processor) => void processor.forceFlush()],
  [
    'ends a span and throws',
    () => {
      throw new Error('the code of a user')
    },
  ],
])('a logger that %s is called once, and its span is exported too', async (_what, behave) => {
  const lines: string[] = []
  const answers: Done[] = []
  const { processor, end } = setupScripted(
    scripted((_spans, done) => (answers.length === 0 ? void answers.push(done) : done({ code: 0 }))),
    { maxQueueSize: 20, maxExportBatchSize: 10, exportTimeoutMillis: 60_000 },
  )
  let depth = 0
  const warn = (line: string): void => {
    lines.push(`${++depth} ${line}`)
    end(1)
    depth--
    behave(processor)
  }
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, { suppressOverrideMessage: true })
  onTestFinished(() => diag.disable())
  end(10)
  await until(() => answers.length === 1)
  end(50)
  expect(processor.stats()).toMatchObject({ queued: 20, dropped: { queue_full: 30 } })
  expect(lines).toEqual([])
  answers[0]?.({ code: 0 })
  await outcomeOf(until(() => lines.length === 1 && processor.stats().exported === 31))

  expect(lines[0]).toMatch(/^1 BatchSpanProcessor: losing spans: 30/)
  expect(processor.stats()).toMatchObject({ ended: 61, queued: 0, inFlight: 0, dropped: { queue_full: 30 } })
})

// R8. Turns red without `clock.soon` in `onTimer` of `bounded` (core/src/bounded.ts).
test('an event loop that stood still does not take an answer that is there for a time-out', async () => {
  const sink = await forkSink({ keep: 'count' })
  onTestFinished(() => sink.close())
  await sink.script({ delayMillis: 100 })
  const { processor, exporter, end } = setupOurs(sink.url, { scheduledDelayMillis: 10, exportTimeoutMillis: 1000 })
  end(5)
  await until(async () => (await sink.stats()).waiting === 5)
  const stillUntil = performance.now() + 1700
  while (performance.now() < stillUntil);

  await outcomeOf(until(() => processor.stats().inFlight === 0))
  expect(processor.stats()).toMatchObject({ ended: 5, exported: 5, failed: {} })
  expect(exporter.stats()).toMatchObject({ exported: 5, failed: {} })
})
