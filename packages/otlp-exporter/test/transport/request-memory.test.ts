// SPDX-License-Identifier: Apache-2.0
// A request is made only when it may be sent: beside the spans of every batch that waits it would be memory twice.
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { PlainBatch } from './plain-batch.js'
import { settledWithin, setupTransport } from './setup-transport.js'

const RETRY = { initialBackoffMillis: 100, maxBackoffMillis: 200, jitter: false }

for (const compression of ['none', 'gzip'] as const) {
  test(`while the backend is down only the batch that probes has a request (${compression})`, async () => {
    const sink = await setupSink()
    const { send, counts } = setupTransport({ url: sink.url, retry: RETRY, compression })
    await sink.script({ status: 503 })
    const first = new PlainBatch(1, 10_000)
    const sent = [send(first)]
    await until(() => counts.attempts === 2)
    const waiting = Array.from({ length: 40 }, () => new PlainBatch(1, 10_000))
    sent.push(...waiting.map((batch) => send(batch)))
    await until(() => counts.attempts >= 4)
    expect(waiting.map(({ assembled }) => assembled.length)).toEqual(waiting.map(() => 0))
    expect(first.assembled.length).toBe(1)
    await sink.script()
    const outcomes = await settledWithin(2000, () => Promise.all(sent))
    expect(outcomes.every(({ exported }) => exported === 1)).toBe(true)
    expect(waiting.map(({ assembled }) => assembled.length)).toEqual(waiting.map(() => 1))
  })
}

test('batches that meet the outage together let go of their requests, but for the one that probes', async () => {
  const sink = await setupSink()
  const { send, counts } = setupTransport({ url: sink.url, retry: RETRY })
  await sink.script({ status: 503, delayMillis: 50 })
  const batches = Array.from({ length: 10 }, () => new PlainBatch(1, 10_000))
  const sent = Promise.all(batches.map((batch) => send(batch)))
  await until(() => counts.attempts >= 12)
  const held = batches.filter(({ assembled, reclaimed }) => assembled.length > reclaimed.length)
  expect(held.length).toBe(1)
  await sink.script()
  expect((await settledWithin(2000, () => sent)).every(({ exported }) => exported === 1)).toBe(true)
})

test('what was compressed is given back before the answer', async () => {
  const sink = await setupSink()
  await sink.script({ delayMillis: 300, times: 1 })
  const { send } = setupTransport({ url: sink.url, compression: 'gzip' })
  const batch = new PlainBatch(1, 10_000)
  const sent = send(batch)
  await until(async () => (await sink.stats()).requests === 1)
  expect(batch.reclaimed.length).toBe(1)
  expect((await sent).exported).toBe(1)
  expect(batch.reclaimed.length).toBe(1)
})
