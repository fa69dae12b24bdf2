// SPDX-License-Identifier: Apache-2.0
/*
 * Stream computing with back-pressure, 2022: https://xie.infoq.cn/article/17c0402c9242d13eb96bc61c1
 * Stages with bounded queues waited for room in the next one, as they should. One program sent an item twice through the same
 * stage: its only worker waited for room in its own queue, which nobody but itself could make, and everything before it stood
 * still with it. Two stages that share an executor are the same stage, however acyclic they look on paper. The rule given there:
 * keep the back-pressure, never feed a stage from its own output, never share a queue or an executor between stages.
 */
import { expectAccounted, sumOf } from '@spanring/test-kit/accounting'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { ClosedWorld } from './closed-world.js'
import { flushOf, gate, outcomeOf, scripted, setupOurs, setupScripted } from './setup-scripted.js'

/** One worker behind a bounded queue; whoever has work for it waits for room. */
class NaiveStage {
  readonly #queue: (() => Promise<void>)[] = []
  readonly #wanting: (() => void)[] = []
  #isWorking = false

  async submit(task: () => Promise<void>): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- looks again after each wake-up
    while (this.#queue.length >= 10) await new Promise<void>((resolve) => void this.#wanting.push(resolve))
    this.#queue.push(task)
    if (!this.#isWorking) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      this.#wanting.shift()?.()
      // oxlint-disable-next-line no-await-in-loop -- one worker
      await task()
    }
    this.#isWorking = false
  }
}

/** Items that come ten times faster than a stage works, each through both stages. */
async function naiveStream(world: ClosedWorld, first: NaiveStage, second: NaiveStage): Promise<void> {
  let left = 40
  const done = gate()
  const last = async (): Promise<void> => {
    await world.sleep(100)
    if (--left === 0) done.open()
  }
  for (let item = 0; item < 40; item++) {
    // oxlint-disable-next-line no-await-in-loop -- one item after the other
    await world.sleep(10)
    // oxlint-disable-next-line no-await-in-loop -- back-pressure
    await first.submit(() => world.sleep(100).then(() => second.submit(last)))
  }
  await done.opened
}

/** A batch that failed goes back to the end of the line, from the only place that shortens it. */
async function naiveRetry(world: ClosedWorld, failures: number): Promise<void> {
  const exporting = new NaiveStage()
  const done = gate()
  let left = 30
  let failing = failures
  const attempt = async (): Promise<void> => {
    await world.sleep(100)
    if (failing-- > 0) await exporting.submit(attempt)
    else if (--left === 0) done.open()
  }
  for (let batch = 0; batch < 30; batch++) {
    // oxlint-disable-next-line no-await-in-loop -- back-pressure
    await exporting.submit(attempt)
  }
  await done.opened
}

test('naive: two stages with an executor of their own each get done; sharing one, they hang', async () => {
  const world = new ClosedWorld()
  const shared = new NaiveStage()

  expect(await world.fateOf(naiveStream(world, new NaiveStage(), new NaiveStage()))).toBe('fulfilled')
  expect(await world.fateOf(naiveStream(world, shared, shared))).toBe('hangs')
})

test('naive: a retry through its own queue hangs once that is full', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveRetry(world, 0))).toBe('fulfilled')
  expect(await world.fateOf(naiveRetry(world, 1))).toBe('hangs')
})

// R5. Turns red without the refusal of `ring.offer` in `admit` (batch-span-processor/src/queue/admission.ts).
test('an exporter that ends more spans than it exports waits for no room: what the queue cannot take is counted', async () => {
  let feeding = 200
  const { processor, end } = setupScripted(
    scripted((_spans, done) => {
      if (feeding-- > 0) end(20)
      done({ code: 0 })
    }),
    { maxQueueSize: 10, maxExportBatchSize: 10 },
  )
  end(1)
  await until(() => feeding <= 0)
  expect(await flushOf(processor)).toBe('fulfilled')

  const { ended, exported, dropped, queued, inFlight } = processor.stats()
  expect(dropped.queue_full).toBeGreaterThan(1000)
  expect({ ended, queued, inFlight }).toEqual({ ended: 4001, queued: 0, inFlight: 0 })
  expect(exported).toBe(4001 - dropped.queue_full)
})

/** Far more than a loop that takes turns gets done within a millisecond; the end of one that does not. */
const TOO_MANY = 50_000

// R7. Turns red without `clock.soon` in `DrainLoop.#runSoon` (batch-span-processor/src/loop/drain-loop.ts).
test('an exporter that feeds itself leaves the event loop its turns', async () => {
  let exports = 0
  const timer = gate()
  let hasFired = false
  const onTimer = (): void => {
    hasFired = true
    timer.open()
  }
  const { processor, end } = setupScripted(
    scripted((_spans, done) => {
      if (exports === 0) setTimeout(onTimer, 1)
      if (++exports < TOO_MANY && !hasFired) end(1)
      done({ code: 0 })
    }),
    { maxExportBatchSize: 1 },
  )
  end(1)
  await outcomeOf(timer.opened)

  expect(exports).toBeLessThan(TOO_MANY)
  expect(await flushOf(processor)).toBe('fulfilled')
  expect(processor.stats()).toMatchObject({ ended: exports, exported: exports })
})

// R5. Turns red without the loop of `RequestSender.send`, which retries in its slot (otlp-exporter/src/transport).
test('a batch is tried again where it is while the queue is full, and what waits follows without another span', async () => {
  const sink = await setupCountingSink()
  await sink.script({ status: 503, times: 3 })
  // The batch that is tried again has the whole budget, so that the queue behind it fills.
  const { processor, end } = setupOurs(
    sink.url,
    { maxQueueSize: 20, maxExportBatchSize: 10, scheduledDelayMillis: 10 },
    { concurrencyLimit: 1, maxBufferedBytes: 100_000, retry: { initialBackoffMillis: 100, jitter: false } },
  )
  end(10)
  await until(async () => (await sink.stats()).requests > 0)
  end(50)
  const { queued, dropped } = processor.stats()
  expect({ queued, full: dropped.queue_full }).toEqual({ queued: 20, full: 30 })
  await outcomeOf(until(() => processor.stats().exported === 30))

  expectAccounted(processor.stats())
  expect(processor.stats()).toMatchObject({ ended: 60, failed: {}, queued: 0, inFlight: 0 })
  expect(await sink.stats()).toMatchObject({ requests: 6, delivered: 30, deliveredTwice: 0 })
})

const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1')
type Dispatchers = Record<symbol, unknown>

// R9. Turns red without a client of its own in the constructor of `Connection` (otlp-exporter/src/transport/connection/connection.ts).
test('connections of the application that are all stuck hold its own requests, and no span', async () => {
  const sink = await setupCountingSink()
  const globals = globalThis as unknown as Dispatchers
  const before = globals[GLOBAL_DISPATCHER]
  let stuck = 0
  // Takes every request and never has a connection for it.
  globals[GLOBAL_DISPATCHER] = { dispatch: () => ++stuck > 0 }
  onTestFinished(() => void (globals[GLOBAL_DISPATCHER] = before))
  let isAnswered = false
  const naive = (): void => void (isAnswered = true)
  void fetch(sink.origin).then(naive, naive)
  await until(() => stuck > 0)

  const { processor, end } = setupOurs(sink.url)
  end(5)
  expect(await flushOf(processor)).toBe('fulfilled')

  expect({ isAnswered, stuck }).toEqual({ isAnswered: false, stuck: 1 })
  expect(sumOf(processor.stats().failed)).toBe(0)
  expect(await sink.stats()).toMatchObject({ delivered: 5 })
})
