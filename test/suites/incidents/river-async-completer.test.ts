// SPDX-License-Identifier: Apache-2.0
/*
 * River's AsyncCompleter, 2024 to 2026: https://github.com/riverqueue/river/issues/601
 * Every completed job was announced on a channel of ten places, and stop() waited for the announcements before it closed the
 * channel: where nobody read it, the eleventh waited for a reader and stop() for the eleventh. It was found as a flaky test. The
 * family: a cancelled context that closed the channel under its producers (#400), and a latch for back-pressure that only the
 * success of a batch took off again, so that one failure stopped completing for good (#1292; also in opentelemetry-js, #4287).
 */
import type { MeterProvider } from '@opentelemetry/api'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { ClosedWorld } from './closed-world.js'
import { flushOf, outcomeOf, scripted, setupOurs, setupScripted } from './setup-scripted.js'
import type { Done } from './setup-scripted.js'

/** A channel of ten places: whoever sends waits for one. */
class NaiveChannel {
  #count = 0
  readonly #senders: (() => void)[] = []

  async send(): Promise<void> {
    if (this.#count === 10) await new Promise<void>((resolve) => void this.#senders.push(resolve))
    else this.#count++
  }

  receive(): void {
    const sender = this.#senders.shift()
    if (sender) sender()
    else this.#count--
  }
}

/** Completes and announces so many jobs, and stops. */
async function naiveStop(world: ClosedWorld, jobs: number, isRead: boolean): Promise<void> {
  const events = new NaiveChannel()
  const running: Promise<void>[] = []
  for (let job = 0; job < jobs; job++) {
    const completed = world.sleep(5).then(() => events.send())
    running.push(completed)
    if (isRead) void completed.then(() => events.receive())
  }
  await Promise.all(running)
}

/** Exports what is queued in batches of one; a flush waits until nothing is. */
async function naiveLatch(world: ClosedWorld, failing: number): Promise<void> {
  let queued = 2
  let isExporting = false
  let onEmpty = (): void => {}
  const exportOne = async (): Promise<void> => {
    await world.sleep(5)
    queued--
    if (failing-- > 0) throw new Error('backend says no')
  }
  const drain = async (): Promise<void> => {
    if (isExporting || queued === 0) return
    isExporting = true
    await exportOne()
    isExporting = false
    if (queued === 0) onEmpty()
    else drain().catch(() => {})
  }
  drain().catch(() => {})
  // The timer of the processor comes by again, as it would without a latch that stays.
  world.later(() => void drain().catch(() => {}), 1000)
  await new Promise<void>((resolve) => (onEmpty = resolve))
}

/** The reader goes with the caller's context, and then the producers are waited for. */
async function naiveCancel(world: ClosedWorld, isReaderFirst: boolean): Promise<void> {
  const events = new NaiveChannel()
  let isReading = true
  const producer = (async () => {
    for (let i = 0; i < 30; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await world.sleep(1)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await events.send()
      if (isReading) events.receive()
    }
  })()
  if (isReaderFirst) isReading = false
  await producer
  isReading = false
}

test('naive: a stop that waits for announcements hangs when nobody reads them', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveStop(world, 10, false))).toBe('fulfilled')
  expect(await world.fateOf(naiveStop(world, 20, true))).toBe('fulfilled')
  expect(await world.fateOf(naiveStop(world, 11, false))).toBe('hangs')
})

test('naive: a latch that only success takes off hangs after one failure', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveLatch(world, 0))).toBe('fulfilled')
  expect(await world.fateOf(naiveLatch(world, 1))).toBe('hangs')
})

test('naive: a sink that is closed before its producers leaves them hanging', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveCancel(world, false))).toBe('fulfilled')
  expect(await world.fateOf(naiveCancel(world, true))).toBe('hangs')
})

// R6. Turns red without `bounded` around the waits for the barrier in `runShutdown` (batch-span-processor/src/waits).
test('an export that waits for the shutdown that waits for it holds neither: every step has its share of the time', async () => {
  const waiting: Done[] = []
  let shutdowns = 0
  const { processor, end } = setupScripted(
    scripted({
      export: (_spans, done) => void waiting.push(done),
      shutdown: async () => {
        shutdowns++
        for (const done of waiting) done({ code: 0 })
      },
    }),
    { exportTimeoutMillis: 60_000 },
  )
  end(15)
  expect(await outcomeOf(processor.shutdown({ timeoutMillis: 400 }))).toBe('rejected')

  expect(shutdowns).toBe(1)
  expect(processor.stats()).toMatchObject({ ended: 15, exported: 0, failed: { shutdown: 10 }, dropped: { shutdown: 5 } })
})

// R6. Turns red without the second wait for the barrier in `runShutdown` (batch-span-processor/src/waits/shutdown.ts).
test('the exporter is closed after its last export, and what ends meanwhile is counted', async () => {
  const sink = await setupCountingSink()
  const { processor, exporter, end } = setupOurs(sink.url, { maxExportBatchSize: 5 }, { concurrencyLimit: 1 })
  const close = exporter.shutdown.bind(exporter)
  let deliveredAtShutdown: Promise<number> | undefined
  exporter.shutdown = () => {
    deliveredAtShutdown ??= sink.stats().then(({ delivered }) => delivered)
    return close()
  }
  // One after the other: later than 40 % of the time, after which resources are no longer waited for, and sooner than 80 %.
  await sink.script({ delayMillis: 500 })
  end(8)
  const closed = processor.shutdown({ timeoutMillis: 2000 })
  end(2)
  expect(await outcomeOf(closed)).toBe('fulfilled')
  end(1)

  expect(await deliveredAtShutdown).toBe(8)
  expect(processor.stats()).toMatchObject({ ended: 11, exported: 8, failed: {}, dropped: { already_shutdown: 3, shutdown: 0 } })
})

const failures: [string, (done: Done) => void | Promise<void>][] = [
  ['a failure', (done) => done({ code: 1 })],
  ['a failure after a while', (done) => void setTimeout(done, 30, { code: 1 })],
  [
    'an exception',
    () => {
      throw new Error('export throws')
    },
  ],
  ['a rejection', () => Promise.reject(new Error('export rejects'))],
  ['silence', () => {}],
]

// R2. Turns red without the `finally` of `WholeBatchExporter.#send` (an exception, a rejection) and without its abort listener
// (silence; batch-span-processor/src/export/whole-batch-exporter.ts).
test.each(failures)('after %s the next export comes by itself', async (what, behave) => {
  const script = [behave]
  const { processor, end } = setupScripted(
    // oxlint-disable-next-line typescript/no-misused-promises -- an exporter written as an async function is one case
    scripted((_spans, done) => (script.shift() ?? ((answer) => answer({ code: 0 })))(done)),
    { maxQueueSize: 20, maxExportBatchSize: 10 },
  )
  end(20)
  await outcomeOf(until(() => processor.stats().exported === 10))

  const { failed, abandonedExports } = processor.stats()
  expect(abandonedExports).toBe(what === 'silence' ? 1 : 0)
  expect((failed['export_failed'] ?? 0) + (failed['timeout'] ?? 0)).toBe(10)
})

const never = (): Promise<never> => new Promise(() => {})
const explode = (): never => {
  throw new Error('the code of a user')
}

/** A metrics SDK all of whose instruments do that. */
function metersThat(behave: () => unknown): MeterProvider {
  const instrument = { add: behave, record: behave, addCallback() {}, removeCallback() {} }
  return { getMeter: () => new Proxy({}, { get: () => () => instrument }) } as unknown as MeterProvider
}

// R3. Turns red without `try` in `LossReport.guard` (batch-span-processor/src/accounting/loss-report.ts) and, behind the sink,
// without the one of `callHook` (otlp-exporter/src/transport/transport-hooks.ts).
test.each([
  ['are never done', never],
  ['throw', explode],
])('notifications that %s are not waited for', async (_what, behave) => {
  captureDiag()
  const sink = await setupCountingSink()
  const selfObsMeterProvider = metersThat(behave)
  const config = { maxExportBatchSize: 10, selfObsMeterProvider }
  const ours = setupOurs(sink.url, config, { selfObsMeterProvider })
  const foreign = setupScripted(scripted({}), config)
  for (const { processor, end } of [ours, foreign]) {
    end(1000)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await flushOf(processor)).toBe('fulfilled')
    end(15)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await outcomeOf(processor.shutdown())).toBe('fulfilled')
    expect(processor.stats()).toMatchObject({ ended: 1015, exported: 1015 })
  }
  expect(ours.exporter.stats()).toMatchObject({ exported: 1015, inFlight: 0 })
})
