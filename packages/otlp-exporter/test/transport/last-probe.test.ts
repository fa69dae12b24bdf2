// SPDX-License-Identifier: Apache-2.0
// A shutdown while the backend is down, or has asked for a pause: one last request decides for every batch that waits.
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { setupTransport, settledWithin } from './setup-transport.js'

const BATCHES = 300
const all = <T>(value: T): T[] => Array.from({ length: BATCHES }, () => value)

/** So many batches that wait, most of them for a slot, since the backend has asked for a minute. */
async function setupPaused() {
  const sink = await setupSink()
  const transport = setupTransport({ url: sink.url, timeoutMillis: 120_000 })
  await sink.script({ status: 503, headers: { 'retry-after': '60' } })
  const first = transport.send()
  await until(() => transport.changes.length === 1)
  const sent = Promise.all([first, ...Array.from({ length: BATCHES - 1 }, () => transport.send())])
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await sink.stats()).requests).toBe(1)
  return { sink, sent, ...transport }
}

test('if it fails, all the others fail for the reason of the outage, without a request', async () => {
  const { sink, sent, transport, within, finished } = await setupPaused()
  await settledWithin(500, () => transport.shutdown(within(5000)))
  expect((await sent).map(({ failed }) => failed)).toEqual(all({ http_503: 1 }))
  expect((await sent).at(-1)?.error?.message).toContain('answered 503')
  expect((await sink.stats()).requests).toBe(2)
  expect(finished.filter(({ attemptCount }) => attemptCount > 0)).toHaveLength(1)
})

test('if it succeeds, all are sent', async () => {
  const { sink, sent, closing } = await setupPaused()
  await sink.script()
  closing.abort()
  expect((await settledWithin(2000, () => sent)).map(({ exported }) => exported)).toEqual(all(1))
  expect((await sink.stats()).requests).toBe(1 + BATCHES)
})

test('one that is under way already is waited for, and the last one follows it', async () => {
  const sink = await setupSink()
  const { send, closing, changes } = setupTransport({ url: sink.url, retry: { initialBackoffMillis: 10, jitter: false } })
  await sink.script({ status: 503, times: 1 }, { status: 503, delayMillis: 200 })
  const sent = [send()]
  await until(() => changes.length === 1)
  for (let batch = 1; batch < 10; batch++) sent.push(send())
  await until(async () => (await sink.stats()).requests === 2)
  closing.abort()
  const outcomes = await settledWithin(1000, () => Promise.all(sent))
  expect(outcomes.map(({ failed }) => failed)).toEqual(sent.map(() => ({ http_503: 1 })))
  expect((await sink.stats()).requests).toBe(3)
})

test('a pipeline that shuts down does not wait for the rhythm of another one, nor end its batches', async () => {
  const sink = await setupSink()
  const { transport, send, within, changes, finished } = setupTransport({ url: sink.url, timeoutMillis: 120_000 })
  await sink.script({ status: 503, headers: { 'retry-after': '60' } })
  const others = send()
  await until(() => changes.length === 1)
  const closing = new AbortController()
  const { PlainBatch } = await import('./plain-batch.js')
  const own = [1, 2, 3].map(async () =>
    transport.sendBatch(new PlainBatch(1), { at: Infinity, signal: new AbortController().signal, closing: closing.signal }),
  )
  closing.abort()
  const outcomes = await settledWithin(500, () => Promise.all(own))
  expect(outcomes.map(({ failed }) => failed)).toEqual([{ http_503: 1 }, { http_503: 1 }, { http_503: 1 }])
  expect((await sink.stats()).requests).toBe(2)
  expect(finished).toHaveLength(3)
  await transport.shutdown(within(1000))
  expect((await others).failed).toEqual({ http_503: 1 })
})
