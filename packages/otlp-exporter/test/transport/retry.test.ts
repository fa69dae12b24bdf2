// SPDX-License-Identifier: Apache-2.0
import { closedPort } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { settledWithin, setupTransport } from './setup-transport.js'

const FAST = { initialBackoffMillis: 20, maxBackoffMillis: 40 }

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times.at(index) ?? 0))
}

for (const reply of [
  { status: 429 },
  { status: 502 },
  { status: 503 },
  { status: 504 },
  { fault: 'cut-before-headers' },
  { status: 503, fault: 'cut-after-headers' },
  { fault: 'cut-in-request' },
] as const) {
  test(`the same request is sent again after ${JSON.stringify(reply)}`, async () => {
    const sink = await setupSink()
    const { send, counts, finished } = setupTransport({ url: sink.url, retry: FAST })
    await sink.script({ ...reply, times: 2 })
    expect(await send(3)).toEqual({ exported: 3, failed: {} })
    expect(counts.attempts).toBe(3)
    expect(finished).toEqual([expect.objectContaining({ exported: 3, attemptCount: 3, statusCode: 200, errorType: undefined })])
  })
}

for (const status of [300, 400, 401, 403, 404, 408, 500, 501, 505]) {
  test(`${status} is not sent again`, async () => {
    const sink = await setupSink()
    const { send, counts, finished } = setupTransport({ url: sink.url })
    await sink.script({ status, times: 1 })
    const { failed, error } = await send(2)
    expect(failed).toEqual({ [`http_${status}`]: 2 })
    expect(error).toMatchObject({ name: 'ExporterError', code: `http_${status}`, statusCode: status })
    expect(counts.attempts).toBe(1)
    expect(finished).toEqual([expect.objectContaining({ statusCode: status, errorType: String(status) })])
  })
}

for (const value of ['0', '-5', 'garbage', 'Thu, 01 Jan 1970 00:00:00 GMT', '', '1e9', '0x10']) {
  test(`Retry-After: ${JSON.stringify(value)} is no wait, and no hot loop`, async () => {
    const sink = await setupSink()
    const { send, attemptTimes } = setupTransport({ url: sink.url, timeoutMillis: 600 }, { random: () => 0 })
    await sink.script({ status: 503, headers: { 'retry-after': value } })
    expect((await settledWithin(600, () => send())).failed).toEqual({ http_503: 1 })
    expect(attemptTimes.length).toBeGreaterThan(1)
    expect(Math.min(...gaps(attemptTimes))).toBeGreaterThan(95)
  })
}

test('Retry-After is waited for, as seconds and as a date, with a jitter after it and not before', async () => {
  const sink = await setupSink()
  const { send, attemptTimes } = setupTransport({ url: sink.url }, { random: () => 0.5 })
  await sink.script({ status: 503, headers: { 'retry-after': '1' } }, { times: 1 })
  expect((await send()).exported).toBe(1)
  const [gap] = gaps(attemptTimes)
  expect(gap).toBeGreaterThanOrEqual(1099)

  const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000)
  await sink.script({ status: 429, headers: { 'retry-after': date.toUTCString() } }, { times: 1 })
  expect((await send()).exported).toBe(1)
  expect(Date.now()).toBeGreaterThanOrEqual(date.getTime())
})

for (const value of ['3600', new Date(Date.now() + 60_000).toUTCString()]) {
  test(`Retry-After: ${value.length > 9 ? 'a date' : value} beyond the deadline fails the batch at once`, async () => {
    const sink = await setupSink()
    const { send, counts } = setupTransport({ url: sink.url, retry: FAST })
    await sink.script({ status: 503, headers: { 'retry-after': value } }, { times: 1 })
    expect((await settledWithin(0, () => send())).failed).toEqual({ http_503: 1 })
    expect(counts.attempts).toBe(1)
    // It does not silence the next batch for an hour.
    expect((await settledWithin(FAST.maxBackoffMillis, () => send())).exported).toBe(1)
  })
}

test('the wait grows up to its cap, by jitter or without', async () => {
  const sink = await setupSink()
  const retry = { initialBackoffMillis: 100, multiplier: 2, maxBackoffMillis: 300, jitter: false }
  const { send, attemptTimes } = setupTransport({ url: sink.url, retry })
  await sink.script({ status: 503, times: 4 })
  expect((await send()).exported).toBe(1)
  const lower = [100, 200, 300, 300]
  for (const [index, gap] of gaps(attemptTimes).entries()) expect(gap).toBeGreaterThanOrEqual((lower.at(index) ?? 0) - 5)
})

test('maxAttempts ends it', async () => {
  const sink = await setupSink()
  const { send, counts } = setupTransport({ url: sink.url, retry: { ...FAST, maxAttempts: 3 } })
  await sink.script({ status: 503 })
  expect((await send()).failed).toEqual({ http_503: 1 })
  expect(counts.attempts).toBe(3)
})

test('a refused connection is an outage; closing ends it with one last try', async () => {
  const port = await closedPort()
  const { send, closing, counts, transport, within } = setupTransport({
    url: `http://127.0.0.1:${port}/`,
    retry: { jitter: false },
  })
  const sent = Promise.all([send(), send(), send()])
  await until(() => counts.attempts >= 3)
  const before = counts.attempts
  const outcomes = await settledWithin(150, () => {
    closing.abort()
    return sent
  })
  expect(outcomes.map(({ failed }) => failed)).toEqual(Array.from({ length: 3 }, () => ({ connection: 1 })))
  expect(outcomes[0]?.error?.message).toContain('ECONNREFUSED')
  // One for all of them.
  expect(counts.attempts).toBe(before + 1)
  await settledWithin(150, () => transport.shutdown(within(1000)))
})

test('a backend that comes back is found within the longest back-off', async () => {
  const port = await closedPort()
  const retry = { initialBackoffMillis: 400, maxBackoffMillis: 400 }
  const { send, counts, changes } = setupTransport({ url: `http://127.0.0.1:${port}/v1/traces`, retry })
  const sent = Promise.all(Array.from({ length: 30 }, () => send()))
  await until(() => counts.attempts > 30)
  await setupSink({ port })
  const outcomes = await settledWithin(400 + 1000, () => sent)
  expect(outcomes.every(({ exported }) => exported === 1)).toBe(true)
  expect(changes.map(({ state }) => state)).toEqual(['down', 'up'])
})

test('503 for ever: shutdown interrupts the back-off, tries once more, and is done', async () => {
  const sink = await setupSink()
  const { send, counts, transport, within } = setupTransport({ url: sink.url, retry: { jitter: false } })
  await sink.script({ status: 503 })
  const sent = send(5)
  await until(() => counts.attempts === 1)
  await settledWithin(0, () => transport.shutdown(within(5000)))
  expect(await sent).toMatchObject({ exported: 0, failed: { http_503: 5 } })
  expect(counts.attempts).toBe(2)
})

test('the last try at shutdown delivers, when the backend is back', async () => {
  const sink = await setupSink()
  const { send, counts, transport, within } = setupTransport({ url: sink.url, retry: { jitter: false } })
  await sink.script({ status: 503, times: 1 })
  const sent = send(5)
  await until(() => counts.attempts === 1)
  await settledWithin(0, () => transport.shutdown(within(5000)))
  expect(await sent).toEqual({ exported: 5, failed: {} })
})
