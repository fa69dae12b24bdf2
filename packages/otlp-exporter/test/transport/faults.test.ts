// SPDX-License-Identifier: Apache-2.0
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { forkSink } from '@spanring/sink'
import type { Reply } from '@spanring/sink'
import { settledWithin, setupTransport } from './setup-transport.js'

const FAULTS: Record<string, Reply> = {
  'never answers': { fault: 'never' },
  'drips its answer': { status: 503, fault: 'drip', dripEveryMillis: 60 },
  'cuts before headers': { fault: 'cut-before-headers' },
  'cuts inside the body': { status: 503, fault: 'cut-after-headers' },
  'cuts in the request': { fault: 'cut-in-request' },
  'answers 503': { status: 503 },
  'answers 429 with an hour to wait': { status: 429, headers: { 'retry-after': '3600' } },
}

for (const [name, reply] of Object.entries(FAULTS)) {
  test(`a backend that ${name}: the batch settles by its deadline, the next one is delivered, nothing is left`, async () => {
    const sink = await setupSink()
    const { send, transport, within, counts } = setupTransport({
      url: sink.url,
      timeoutMillis: 200,
      retry: { maxBackoffMillis: 500 },
    })
    await sink.script(reply)
    const outcome = await settledWithin(200, () => send(3))
    expect(outcome.exported).toBe(0)
    expect(Object.values(outcome.failed)).toEqual([3])

    await sink.script()
    await settledWithin(1000, async () => {
      // oxlint-disable-next-line no-await-in-loop -- the first that gets through
      while ((await send(2)).exported === 0);
    })
    await settledWithin(0, () => transport.shutdown(within(1000)))
    await until(async () => (await sink.stats()).openConnections === 0)
    expect(counts.inFlight).toBe(0)
  })
}

test('an answer of a megabyte is read, and the connection serves the next request', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url })
  await sink.script({ bodyBytes: 1_000_000 }, { times: 1 })
  expect((await send()).exported).toBe(1)
  const { exported } = await settledWithin(1000, () => send())
  expect(exported).toBe(1)
  expect((await sink.stats()).connections).toBe(1)
})

test('of an answer that is no success no more is read than an excerpt, and its connection is destroyed', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url })
  await sink.script({ status: 400, body: 'no, '.repeat(250_000) }, { times: 1 })
  const { failed, error } = await send()
  expect(failed).toEqual({ http_400: 1 })
  expect(error?.message).toMatch(/: answered 400: (no, ){75}…$/)
  expect(error).toHaveProperty('data', expect.stringMatching(/^(no, ){1024}…$/))
  expect((await send()).exported).toBe(1)
  expect((await sink.stats()).connections).toBe(2)
  await until(async () => (await sink.stats()).openConnections === 1)
})

test('a success over the limit is one: its spans count as exported, and its connection is destroyed', async () => {
  const sink = await setupSink()
  const lines = captureDiag()
  const { send, counts } = setupTransport({ url: sink.url, maxResponseBytes: 1000 })
  await sink.script({ bodyBytes: 1001 }, { fault: 'drip', dripBytes: 5000, dripEveryMillis: 0, times: 1 }, {})
  for (let count = 0; count < 3; count++) expect(await send()).toEqual({ exported: 1, failed: {} })
  expect(counts.attempts).toBe(3)
  expect((await sink.stats()).connections).toBe(3)
  await until(async () => (await sink.stats()).openConnections === 1)
  expect(lines).toEqual([expect.stringContaining('it has more than maxResponseBytes (1000) bytes; the spans count as exported')])
})

test('headers() that never settles costs its own batches alone, and shutdown does not wait for it', async () => {
  const sink = await setupSink()
  let hangs = true
  const headers = (): Promise<Record<string, string>> => (hangs ? new Promise(() => {}) : Promise.resolve({ token: 'x' }))
  const { send, transport, within } = setupTransport({ url: sink.url, headers, timeoutMillis: 100 })
  const outcomes = await settledWithin(100, () => Promise.all(Array.from({ length: 40 }, () => send())))
  expect(outcomes.map(({ failed }) => failed)).toEqual(Array.from({ length: 40 }, () => ({ timeout: 1 })))
  hangs = false
  expect((await send()).exported).toBe(1)
  hangs = true
  const last = send(1, 60_000)
  await settledWithin(50, () => transport.shutdown(within(50)))
  expect(Object.keys((await last).failed)[0]).toMatch(/^(shutdown|timeout)$/)
})

test('headers() that throws, rejects, or returns nonsense fails or sends its batch, and tells no secret', async () => {
  const sink = await setupSink()
  const answers: (() => unknown)[] = [
    () => {
      throw new Error('secret-1')
    },
    () => Promise.reject(new TypeError('secret-2')),
    () => 'nonsense',
  ]
  const { send } = setupTransport({ url: sink.url, headers: () => answers.shift()?.() as Record<string, string> })
  const [thrown, rejected, nonsense] = [await send(), await send(), await send()]
  expect(thrown.failed).toEqual({ headers: 1 })
  expect(rejected.error?.message).toContain('headers() failed with TypeError')
  expect(`${thrown.error?.message}${rejected.error?.message}`).not.toContain('secret')
  expect(nonsense.exported).toBe(1)
})

test('a batch without a limit is ended by its caller', async () => {
  const sink = await setupSink()
  const { send, signal } = setupTransport({ url: sink.url, timeoutMillis: 0 })
  await sink.script({ fault: 'never' })
  const sent = send()
  await until(async () => (await sink.stats()).requests === 1)
  signal.abort()
  const { failed } = await settledWithin(0, () => sent)
  expect(failed).toEqual({ aborted: 1 })
  await until(async () => (await sink.stats()).openConnections === 0)
})

const ROUNDS = process.env['LONG'] === '1' ? 200 : 15

test(`${ROUNDS} of each fault in a row leave no connection and no growth`, { timeout: 600_000 }, async () => {
  // In a process of its own, so that what the sink remembers is not in the heap that is measured.
  const sink = await forkSink({ keep: 'count' })
  onTestFinished(() => sink.close())
  const retry = { initialBackoffMillis: 5, maxBackoffMillis: 5 }
  const { send, counts, finished, changes, attemptTimes } = setupTransport({
    url: sink.url,
    timeoutMillis: 60,
    concurrencyLimit: 10,
    retry,
  })
  const round = async (rounds: number): Promise<void> => {
    for (const reply of Object.values(FAULTS)) {
      // Healthy in between, so that each fault meets connections of its own and not an outage that is known.
      await sink.script()
      // oxlint-disable-next-line no-await-in-loop -- the first that gets through
      while ((await send()).exported === 0);
      // oxlint-disable-next-line no-await-in-loop -- one fault after the other
      await sink.script(reply)
      for (let count = 0; count < rounds; count += 5) {
        // oxlint-disable-next-line no-await-in-loop -- five at a time
        await Promise.all(Array.from({ length: 5 }, () => send()))
      }
    }
  }
  const measure = async (): Promise<number> => {
    for (const list of [finished, changes, attemptTimes]) list.length = 0
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  await round(5)
  const before = await measure()
  const attemptsBefore = counts.attempts
  await round(ROUNDS)
  // Not all: one that a slow machine could not even connect in time is an outage, and the others wait for its probe.
  expect(counts.attempts - attemptsBefore).toBeGreaterThan(0.8 * ROUNDS * Object.keys(FAULTS).length)
  const grown = (await measure()) - before
  expect(grown).toBeLessThan(4 * 2 ** 20)
  expect(counts.inFlight).toBe(0)
  expect((await sink.stats()).openConnections).toBeLessThanOrEqual(10)
})
