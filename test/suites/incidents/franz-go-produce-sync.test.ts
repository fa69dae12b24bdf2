// SPDX-License-Identifier: Apache-2.0
/*
 * franz-go's ProduceSync, 2024 to 2026: https://github.com/twmb/franz-go/issues/831
 * A waiter for buffer space took the lock and ended with it in its hands, for the caller to take over. A caller whose context
 * was cancelled at that very moment saw only the cancel, and its way out asked for the lock that the dead waiter held. Ownership
 * had been handed over through a race of two signals. The family: one wake-up for room that was enough for two (#777), a flush
 * woken before the count went down, or never while work kept coming, records after close, workers that wait on their own ring.
 */
import type { IncrementalSpanExporter } from '@spanring/batch-span-processor'
import { sumOf } from '@spanring/test-kit/accounting'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { describe, expect, test } from 'vitest'
import { ClosedWorld } from './closed-world.js'
import { Permits } from './permits.js'
import { flushOf, gate, outcomeOf, scripted, setupOurs, setupScripted, setupRefusedOnce } from './setup-scripted.js'
import type { Done } from './setup-scripted.js'

/** One permit: the second caller waits for it and may give up, the third comes when all is over. */
async function naiveHandOver(isCancelled: boolean): Promise<void> {
  const permits = new Permits(1)
  await permits.acquire()
  const cancel = new AbortController()
  const second = permits.acquire(cancel.signal).then(
    () => permits.release(),
    () => {},
  )
  if (isCancelled) cancel.abort()
  // The line still knows the second caller, who is gone: the permit goes with it.
  permits.release()
  await second
  await permits.acquire()
}

/** A buffer with room for 100: one wake-up for each record that leaves, however much room it leaves. */
async function naiveTokens(world: ClosedWorld, sizes: readonly number[]): Promise<void> {
  let used = 100
  const waiting: (() => void)[] = []
  const produce = async (size: number): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop, no-unmodified-loop-condition -- looks again after each wake-up
    while (used + size > 100) await new Promise<void>((resolve) => void waiting.push(resolve))
    used += size
  }
  world.later(() => {
    used -= 100
    waiting.shift()?.()
  }, 10)
  await Promise.all(sizes.map((size) => produce(size)))
}

/** A flush waits until nothing is buffered. Who cancels a record tells everybody, before or after it counts. */
async function naiveNotify(world: ClosedWorld, isCountedFirst: boolean): Promise<void> {
  let buffered = 1
  let wake = (): void => {}
  world.later(() => {
    if (isCountedFirst) buffered--
    wake()
    world.later(() => {
      if (!isCountedFirst) buffered--
    })
  }, 10)
  // oxlint-disable-next-line no-await-in-loop, no-unmodified-loop-condition -- looks again after each wake-up
  while (buffered > 0) await new Promise<void>((resolve) => (wake = resolve))
}

/** A hook that is called with a lock held, and uses the client. */
async function naiveHook(hook: (lock: Permits) => Promise<void>): Promise<void> {
  const lock = new Permits(1)
  await lock.acquire()
  await hook(lock)
  lock.release()
}

/** Work that ends only when the flush has ended, which waits until there is no work. */
async function naiveFlush(world: ClosedWorld, isEndless: boolean): Promise<void> {
  let hasFlushed = false
  const work = async (): Promise<void> => {
    await world.sleep(1)
    if (isEndless && !hasFlushed) await work()
  }
  await work()
  hasFlushed = true
}

/** The callbacks of users are run by the worker of a ring with so many places, and push to that ring. */
async function naiveRing(places: number): Promise<void> {
  let used = 0
  const waiting: (() => void)[] = []
  const push = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop, no-unmodified-loop-condition -- looks again after each wake-up
    while (used === places) await new Promise<void>((resolve) => void waiting.push(resolve))
    used++
  }
  const work = async (callback: () => Promise<void>): Promise<void> => {
    await callback()
    used--
    waiting.shift()?.()
  }
  await push()
  await work(push)
}

/** A close sweeps what is buffered, once; a flush waits until nothing is. */
async function naiveClose(refusesFirst: boolean): Promise<void> {
  let buffered = 1
  let isClosed = false
  let onEmpty = (): void => {}
  const produce = (): void => {
    if (!isClosed) buffered++
  }
  if (refusesFirst) isClosed = true
  buffered = 0
  // Somebody who is told of the sweep produces once more.
  produce()
  isClosed = true
  if (buffered > 0) await new Promise<void>((resolve) => (onEmpty = resolve))
  onEmpty()
}

/** Waits for a cancel, which may have come already. */
function naiveCancel(world: ClosedWorld, signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => {
    world.later(() => signal.addEventListener('abort', () => reject(new Error('no longer wanted'))), 5)
  })
}

test('naive: a worker hangs on the ring that it alone empties', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveRing(2))).toBe('fulfilled')
  expect(await world.fateOf(naiveRing(1))).toBe('hangs')
})

test('naive: a flush hangs on what was produced between the sweep of a close and its end', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveClose(true))).toBe('fulfilled')
  expect(await world.fateOf(naiveClose(false))).toBe('hangs')
})

test('naive: a wait for a cancel hangs when that has come before', async () => {
  const world = new ClosedWorld()
  const [early, late] = [new AbortController(), new AbortController()]
  world.later(() => early.abort(), 1)
  world.later(() => late.abort(), 10)

  expect(await world.fateOf(naiveCancel(world, late.signal))).toBe('rejected')
  expect(await world.fateOf(naiveCancel(world, early.signal))).toBe('hangs')
})

test('naive: a permit that is given to somebody who has just given up is gone', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveHandOver(false))).toBe('fulfilled')
  expect(await world.fateOf(naiveHandOver(true))).toBe('hangs')
})

test('naive: one wake-up for room that is enough for two leaves the second hanging', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveTokens(world, [100]))).toBe('fulfilled')
  expect(await world.fateOf(naiveTokens(world, [50, 50]))).toBe('hangs')
})

test('naive: whoever tells before it counts wakes a flush for nothing, and nobody wakes it again', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveNotify(world, true))).toBe('fulfilled')
  expect(await world.fateOf(naiveNotify(world, false))).toBe('hangs')
})

test('naive: a hook under a lock that uses the client hangs with it', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveHook(async () => {}))).toBe('fulfilled')
  expect(await world.fateOf(naiveHook((lock) => lock.acquire()))).toBe('hangs')
})

test('naive: a flush that waits until there is no work never ends under work that waits for the flush', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveFlush(world, false))).toBe('fulfilled')
  expect(await world.fateOf(naiveFlush(world, true))).toBe('spins')
})

// R1, R4. Turns red without the listeners on `signal` in `bounded` (core/src/bounded.ts).
test('a flush cancelled at the moment of its answer ends, and leaves nothing behind, 200 times in either order', async () => {
  const waiting: Done[] = []
  const { processor, end } = setupScripted(
    scripted((_spans, done) => void waiting.push(done)),
    { exportTimeoutMillis: 60_000, scheduledDelayMillis: 0 },
  )
  for (let i = 0; i < 200; i++) {
    const cancel = new AbortController()
    end(1)
    const flush = processor.forceFlush({ signal: cancel.signal, timeoutMillis: 0 })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await until(() => waiting.length > 0)
    const done = waiting.pop()
    if (i % 2 === 0) done?.({ code: 0 })
    cancel.abort()
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await outcomeOf(flush)
    if (i % 2 === 1) {
      expect(processor.stats().inFlight).toBe(1)
      done?.({ code: 0 })
    }
  }

  expect(await flushOf(processor)).toBe('fulfilled')
  expect(processor.stats()).toMatchObject({ ended: 200, exported: 200, failed: {} })
})

// R1. Turns red without the look at `signal.aborted` in `bounded` (core/src/bounded.ts).
test('500 flushes that are cancelled before they begin end while an export is stuck, and the export ends after them', async () => {
  const answer = gate()
  const { processor, end } = setupScripted(
    // oxlint-disable-next-line promise/no-callback-in-promise -- that is how an exporter answers
    scripted((_spans, done) => void answer.opened.then(() => done({ code: 0 }))),
    { exportTimeoutMillis: 60_000 },
  )
  end(5)
  const whole = flushOf(processor)
  await until(() => processor.stats().inFlight === 5)
  const flushes = Array.from({ length: 500 }, () => processor.forceFlush({ signal: AbortSignal.abort(), timeoutMillis: 0 }))
  expect(new Set(await Promise.all(flushes.map((flush) => outcomeOf(flush))))).toEqual(new Set(['rejected']))
  answer.open()

  expect(await whole).toBe('fulfilled')
  expect(processor.stats()).toMatchObject({ ended: 5, exported: 5 })
})

// R4. Turns red when `Backend.#wakeAll` wakes only the first that waits (otlp-exporter/src/transport/retry/backend.ts).
test('a backend that is back wakes every batch that waited for it', async () => {
  const { sink, processor, exporter, end } = await setupRefusedOnce(
    { maxExportBatchSize: 10, exportTimeoutMillis: 60_000 },
    { timeoutMillis: 60_000, retry: { initialBackoffMillis: 300, jitter: false } },
  )
  end(10)
  await until(() => exporter.stats().backend === 'down')
  end(40)
  await until(() => exporter.stats().inFlight === 50)

  expect(await flushOf(processor)).toBe('fulfilled')
  expect(processor.stats()).toMatchObject({ ended: 50, exported: 50, failed: {} })
  expect(await sink.stats()).toMatchObject({ requests: 6, delivered: 50 })
})

const incremental = (parts: Pick<IncrementalSpanExporter, 'openBatch'>): IncrementalSpanExporter => ({
  maxConcurrentBatches: 1,
  ...scripted({}),
  ...parts,
})
const batchThat = (add: 'added' | 'rejected') =>
  incremental({
    openBatch: () => ({ spanCount: 0, byteLength: 0, add: () => add, send: async () => ({ exported: 0, failed: { full: 1 } }) }),
  })

// R4. Turns red without `#onSettled` at the end of `ExportsInFlight.#settle` (batch-span-processor/src/export/exports-in-flight.ts).
describe('a flush is woken by every way in which a span can leave', () => {
  test.each([
    ['success', scripted({})],
    ['failure', scripted((_spans, done) => done({ code: 1 }))],
    ['failure later', scripted((_spans, done) => void setImmediate(done, { code: 1 }))],
    [
      'an exception',
      scripted(() => {
        throw new Error('export throws')
      }),
    ],
    ['time-out', scripted(() => {})],
    ['refusal of the span', batchThat('rejected')],
    ['failure of a batch', batchThat('added')],
  ])('%s', async (what, exporter) => {
    const { processor, end } = setupScripted(exporter, { exportTimeoutMillis: what === 'time-out' ? 5 : 60_000 })
    for (let i = 0; i < 50; i++) {
      end(1)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await flushOf(processor)).toBe(what === 'success' ? 'fulfilled' : 'rejected')
      expect(processor.stats()).toMatchObject({ ended: i + 1, queued: 0, inFlight: 0 })
    }
  })

  // Turns red without the last line of `DrainLoop.stop` (batch-span-processor/src/loop/drain-loop.ts).
  test.each([
    ['of what is in flight', scripted(() => {})],
    ['of what is queued', incremental({ openBatch: () => undefined })],
  ])('the sweep of a shutdown, %s', async (_what, exporter) => {
    const { processor, end } = setupScripted(exporter, { exportTimeoutMillis: 60_000 })
    end(15)
    const flush = processor.forceFlush({ timeoutMillis: 0 })
    void processor.shutdown({ timeoutMillis: 50 })
    expect(await outcomeOf(flush)).toBe('rejected')

    const { ended, dropped, failed } = processor.stats()
    expect({ ended, swept: dropped.shutdown + sumOf(failed) }).toEqual({ ended: 15, swept: 15 })
  })
})

// R4. Turns red when `flush` opens its barrier for more than `ring.head` (batch-span-processor/src/waits).
test('a flush ends while work keeps coming, which ends only with the flush', async () => {
  const sink = await setupCountingSink()
  const { processor, end } = setupOurs(sink.url, { maxExportBatchSize: 10 }, { concurrencyLimit: 1 })
  let hasFlushed = false
  const work = (async () => {
    // oxlint-disable-next-line no-unmodified-loop-condition -- below, when the flush has ended
    while (!hasFlushed) {
      end(5)
      // oxlint-disable-next-line no-await-in-loop -- work comes in every turn of the event loop
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  end(20)
  const covered = processor.stats().ended
  const flush = await flushOf(processor).finally(() => (hasFlushed = true))
  await work

  expect(flush).toBe('fulfilled')
  expect(processor.stats().exported).toBeGreaterThanOrEqual(covered)
})

// R6. Turns red without the look at `parts.shutdown` in `admit` (batch-span-processor/src/queue/admission.ts).
test('what ends after the sweep of a shutdown is no orphan: it is counted, and a flush ends', async () => {
  const sink = await setupCountingSink()
  const { processor, exporter, end } = setupOurs(sink.url)
  const close = exporter.shutdown.bind(exporter)
  exporter.shutdown = () => {
    end(2)
    return close()
  }
  end(3)
  expect(await outcomeOf(processor.shutdown())).toBe('fulfilled')
  end(4)
  expect(await flushOf(processor)).toBe('fulfilled')

  expect(processor.stats()).toMatchObject({ ended: 9, exported: 3, dropped: { already_shutdown: 6 }, queued: 0 })
  expect(await sink.stats()).toMatchObject({ delivered: 3 })
})

// R10. Turns red without `scope.isInside()` in `SpanPipeline.forceFlush` and `shutdown` (batch-span-processor/src).
test.each(['forceFlush', 'shutdown'] as const)('an export that awaits %s does not wait for itself', async (step) => {
  const { processor, end } = setupScripted(
    // oxlint-disable-next-line typescript/no-misused-promises -- an exporter written as an async function
    scripted(async (_spans, done) => {
      await processor[step]()
      done({ code: 0 })
    }),
    { exportTimeoutMillis: 60_000 },
  )
  end(15)
  expect(await flushOf(processor)).toBe('fulfilled')

  expect(processor.stats()).toMatchObject({ ended: 15, exported: 15, failed: {} })
})

// R3. Turns red without `#inTurn` in `DrainLoop.help` (batch-span-processor/src/loop/drain-loop.ts).
test('an exporter that ends spans while it is given one is never called within itself', async () => {
  let depth = 0
  let deepest = 0
  const { processor, end } = setupScripted(
    incremental({
      openBatch: () => {
        let count = 0
        const add = (): 'added' => {
          deepest = Math.max(deepest, ++depth)
          if (processor.stats().ended < 500) end(2)
          depth--
          count++
          return 'added'
        }
        return { spanCount: 0, byteLength: 0, add, send: async () => ({ exported: count, failed: {} }) }
      },
    }),
    { maxQueueSize: 16, maxExportBatchSize: 10 },
  )
  end(20)
  expect(await flushOf(processor)).toBe('fulfilled')

  expect(deepest).toBe(1)
})
