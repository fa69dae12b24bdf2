// SPDX-License-Identifier: Apache-2.0
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { settledWithin, setupTransport } from '../setup-transport.js'

test('while the backend is down one slot probes, and its success releases the others at once', async () => {
  const sink = await setupSink()
  const retry = { initialBackoffMillis: 100, maxBackoffMillis: 200, jitter: false }
  const { send, counts, changes, finished } = setupTransport({ url: sink.url, retry })
  await sink.script({ status: 503 })
  const first = send()
  await until(() => changes.length === 1)
  const others = Array.from({ length: 29 }, () => send())
  await until(() => counts.attempts >= 5)
  await sink.script()
  const outcomes = await settledWithin(1000, () => Promise.all([first, ...others]))
  // Every request that failed was the first batch's: nobody else tried.
  expect(finished.map(({ attemptCount }) => attemptCount).toSorted((a, b) => b - a)).toEqual([
    counts.attempts - 29,
    ...others.map(() => 1),
  ])
  expect(outcomes.map(({ exported }) => exported)).toEqual(Array.from({ length: 30 }, () => 1))
  expect(changes).toEqual([
    { state: 'down', message: 'answered 503: the sink was told to answer 503' },
    { state: 'up', downMillis: expect.any(Number), failedAttempts: counts.attempts - 30, failedSpans: 0 },
  ])
})

test('thirty batches that meet an outage together come back one by one', async () => {
  const sink = await setupSink()
  const retry = { initialBackoffMillis: 50, maxBackoffMillis: 100, jitter: false }
  const { send, counts } = setupTransport({ url: sink.url, retry })
  await sink.script({ status: 503, delayMillis: 100 })
  const all = Promise.all(Array.from({ length: 30 }, () => send()))
  await until(() => counts.attempts >= 33)
  expect((await sink.stats()).requests).toBeLessThanOrEqual(34)
  await sink.script()
  const outcomes = await settledWithin(1000, () => all)
  expect(outcomes.every(({ exported }) => exported === 1)).toBe(true)
})

test('when the prober has to give up the next batch takes over its rhythm', async () => {
  const sink = await setupSink()
  const { send, attemptTimes, changes } = setupTransport({
    url: sink.url,
    retry: { initialBackoffMillis: 200, maxBackoffMillis: 200, jitter: false },
  })
  await sink.script({ status: 503 })
  const short = send(2, 300)
  await until(() => changes.length === 1)
  const long = send(3)
  expect((await short).failed).toEqual({ http_503: 2 })
  await until(() => attemptTimes.length >= 3)
  await sink.script()
  expect((await settledWithin(400, () => long)).exported).toBe(3)
  expect(changes.at(-1)).toMatchObject({ state: 'up', failedSpans: 2 })
})

test('batches that cannot be tried in time end as timeouts that name the outage', async () => {
  const sink = await setupSink()
  const { send, changes } = setupTransport({ url: sink.url, retry: { initialBackoffMillis: 5000, jitter: false } })
  await sink.script({ status: 502 })
  void send(1)
  await until(() => changes.length === 1)
  const { failed, error } = await settledWithin(100, () => send(1, 100))
  expect(failed).toEqual({ timeout: 1 })
  expect(error?.message).toContain('the backend is down: answered 502')
})

test('a backend that only takes its time is not down', async () => {
  const sink = await setupSink()
  const { send, changes } = setupTransport({ url: sink.url })
  await sink.script({ fault: 'never' }, { times: 1 })
  expect((await send(1, 100)).failed).toEqual({ timeout: 1 })
  expect((await send()).exported).toBe(1)
  expect(changes).toEqual([])
})

test('an answer that is no outage means that the backend is there', async () => {
  const sink = await setupSink()
  const { send, changes } = setupTransport({ url: sink.url, retry: { initialBackoffMillis: 10 } })
  await sink.script({ status: 503 }, { status: 400 }, { times: 1 })
  expect((await send()).failed).toEqual({ http_400: 1 })
  expect(changes.map(({ state }) => state)).toEqual(['down', 'up'])
})
