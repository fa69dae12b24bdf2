// SPDX-License-Identifier: Apache-2.0
/*
 * Scio's AsyncLookupDoFn, 2018 to 2025: https://github.com/spotify/scio/issues/5150
 * At the end of a bundle it waited for futures that a callback of each lookup was to complete. When the user's code threw in
 * there, or an executor refused the callback, the lookup was done, in time even, and the future that was waited for stayed
 * open. A deadline on a request does not bound a promise that is derived from it. Permits that the same callbacks were to give
 * back went with them, and once the wait had a bound, the pipeline stood at the wait for a permit before it.
 */
import type { IncrementalSpanExporter } from '@spanring/batch-span-processor'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import { ClosedWorld } from './closed-world.js'
import { Permits } from './permits.js'
import { SOON, flushOf, outcomeOf, scripted, setupOurs, setupScripted } from './setup-scripted.js'
import type { Done } from './setup-scripted.js'

/** For what goes over a socket, also on a machine that is busy. */
const SOON_ENOUGH = { ...SOON, exportTimeoutMillis: 500 }

function fail(): never {
  throw new Error('the code of a user')
}

/** Settled by a callback of the lookup. What is thrown in there goes to a log. */
function naiveLookup(world: ClosedWorld, onValue: () => void): Promise<void> {
  return new Promise((resolve) => {
    const onAnswer = async (): Promise<void> => {
      await world.sleep(5)
      onValue()
      resolve()
    }
    onAnswer().catch(() => {})
  })
}

/** Two lookups, each with a bound, and one permit that the callback gives back. */
async function naiveBundle(world: ClosedWorld, onValue: () => void): Promise<void> {
  const permits = new Permits(1)
  for (let i = 0; i < 2; i++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await permits.acquire()
    const lookup = naiveLookup(world, () => {
      onValue()
      permits.release()
    })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await Promise.race([lookup, world.sleep(60_000)])
  }
}

test('naive: a promise that only a callback settles hangs once that throws', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveLookup(world, () => {}))).toBe('fulfilled')
  expect(await world.fateOf(naiveLookup(world, fail))).toBe('hangs')
})

test('naive: with a bound on that promise, the wait for a permit which went with the callback hangs', async () => {
  const world = new ClosedWorld()

  expect(await world.fateOf(naiveBundle(world, () => {}))).toBe('fulfilled')
  expect(await world.fateOf(naiveBundle(world, fail))).toBe('hangs')
})

// R1. Turns red without `startTimer()` at the end of `bounded` (core/src/bounded.ts).
test('a result that is never called back holds neither a flush nor a shutdown', async () => {
  let shutdowns = 0
  const { processor, end } = setupScripted(scripted({ export() {}, shutdown: async () => void shutdowns++ }))
  end(3)
  expect(await outcomeOf(processor.forceFlush())).toBe('rejected')
  end(4)
  expect(await outcomeOf(processor.shutdown({ timeoutMillis: 2000 }))).toBe('rejected')

  expect(shutdowns).toBe(1)
  expect(processor.stats()).toMatchObject({ ended: 7, failed: { timeout: 7 }, abandonedExports: 2 })
})

// R1. Turns red without the `catch` of `run` in `bounded` (core/src/bounded.ts).
test('a callback that throws settles its batch at once, as failed', async () => {
  const answers = [
    (done: Done) =>
      done({
        code: 1,
        get error() {
          return fail()
        },
      }),
    () => fail(),
    (done: Done) => done({ code: 0 }),
  ]
  const { processor, end } = setupScripted(
    scripted((_spans, done) => answers.shift()?.(done)),
    { exportTimeoutMillis: 60_000 },
  )
  for (const outcome of ['rejected', 'rejected', 'fulfilled']) {
    end(2)
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    expect(await flushOf(processor)).toBe(outcome)
  }

  expect(processor.stats()).toMatchObject({ ended: 6, exported: 2, failed: { export_failed: 4 } })
})

// R1. Turns red without `bounded` in `RequestHeaders.resolve` (otlp-exporter/src/transport/request/request-headers.ts).
test('a headers function that stays silent, or throws, costs its own batch and holds nothing', async () => {
  const sink = await setupCountingSink()
  const answers = [() => new Promise<never>(() => {}), fail, () => ({ authorization: 'token' })]
  const headers = (): Record<string, string> | Promise<never> => answers.shift()?.() ?? {}
  const { processor, exporter, end } = setupOurs(sink.url, SOON_ENOUGH, { headers })
  for (const outcome of ['rejected', 'rejected', 'fulfilled']) {
    end(2)
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    expect(await flushOf(processor)).toBe(outcome)
  }

  expect(processor.stats()).toMatchObject({ ended: 6, exported: 2, failed: { timeout: 2, headers: 2 }, queued: 0, inFlight: 0 })
  expect(exporter.stats().inFlight).toBe(0)
  expect(await sink.stats()).toMatchObject({ delivered: 2 })
})

// R1, R2. Turns red without `this.#live.delete(batch)` when a batch is abandoned in `WholeBatchExporter` (batch-span-processor/src/export).
test('the place of an export whose callback is lost is given to the next one', async () => {
  const calls: Done[] = []
  const { processor, end } = setupScripted(scripted((_spans, done) => void (calls.push(done) === 2 && done({ code: 0 }))))
  end(3)
  expect(await flushOf(processor)).toBe('rejected')
  end(4)
  expect(await flushOf(processor)).toBe('fulfilled')

  calls[0]?.({ code: 0 })
  expect(processor.stats()).toMatchObject({ ended: 7, exported: 4, failed: { timeout: 3 } })
})

// R1, R9. Turns red without `slot.replace()` in `RequestSender.#post` (otlp-exporter/src/transport/retry/request-sender.ts).
test('the only connection is usable again after a request that was never answered', async () => {
  const sink = await setupCountingSink()
  const { processor, exporter, end } = setupOurs(sink.url, SOON_ENOUGH, { concurrencyLimit: 1 })
  await sink.script({ fault: 'never', times: 1 })
  end(3)
  expect(await flushOf(processor)).toBe('rejected')
  end(4)
  expect(await flushOf(processor)).toBe('fulfilled')

  expect(processor.stats()).toMatchObject({ ended: 7, exported: 4, failed: { timeout: 3 }, queued: 0, inFlight: 0 })
  expect(exporter.stats()).toMatchObject({ exported: 4, inFlight: 0 })
  expect(await sink.stats()).toMatchObject({ delivered: 4 })
})

const silent = (): Promise<never> => new Promise(() => {})
const opened = (parts: Pick<IncrementalSpanExporter, 'openBatch'>): IncrementalSpanExporter => ({
  maxConcurrentBatches: 1,
  ...scripted({ forceFlush: silent, shutdown: silent }),
  ...parts,
})

// R1, R6. Turns red without the bound of `scope.call` in `callExporter` (batch-span-processor/src/waits).
test.each([
  ['gives a batch no room', opened({ openBatch: () => undefined })],
  ['never settles a batch', opened({ openBatch: () => ({ spanCount: 0, byteLength: 0, add: () => 'added', send: silent }) })],
  ['never answers an export', scripted({ export() {}, forceFlush: silent, shutdown: silent })],
  ['answers exports and nothing else', scripted({ forceFlush: silent, shutdown: silent })],
])('no wait comes after the one that has a bound: an exporter that %s', async (_what, exporter) => {
  const { processor, end } = setupScripted(exporter)
  end(5)
  expect(await outcomeOf(processor.forceFlush({ timeoutMillis: 100 }))).toBe('rejected')
  end(5)
  expect(await outcomeOf(processor.shutdown({ timeoutMillis: 300 }))).toBe('rejected')
  expect(await outcomeOf(processor.forceFlush())).toBe('rejected')

  expect(processor.stats()).toMatchObject({ ended: 10, queued: 0, inFlight: 0 })
})
