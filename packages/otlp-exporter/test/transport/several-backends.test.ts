// SPDX-License-Identifier: Apache-2.0
// One address may stand for several backends: which of them a connection leads to is settled when it is made.
import { createServer } from 'node:net'
import { leadOn, listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import { setupTransport } from './setup-transport.js'
import { skippingClock } from './skipping-clock.js'

/** Leads each connection to the next of the ports in turn. */
async function setupBalancer(...ports: number[]): Promise<string> {
  let next = 0
  const server = createServer((socket) => void leadOn(socket, ports[next++ % ports.length] ?? 0))
  return `http://127.0.0.1:${await listen(server)}/v1/traces`
}

for (const status of [429, 502, 503, 504]) {
  test(`after ${status} the next try goes to another backend`, async () => {
    const [sick, well] = [await setupSink(), await setupSink()]
    await sick.script({ status })
    const url = await setupBalancer(...[sick, well].map(({ url: one }) => Number(new URL(one).port)))
    const retry = { initialBackoffMillis: 5, maxBackoffMillis: 5 }
    const { send } = setupTransport({ url, retry, timeoutMillis: 1000 })
    const outcomes = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other, on the connection that is kept
    for (let batch = 0; batch < 10; batch++) outcomes.push((await send()).exported)
    expect(outcomes).toEqual(Array.from({ length: 10 }, () => 1))
    expect((await well.stats()).delivered).toBe(10)
    expect((await sick.stats()).requests).toBe(1)
  })
}

test('nor does a batch that cannot be tried again leave the connection to the next one', async () => {
  const [sick, well] = [await setupSink(), await setupSink()]
  await sick.script({ status: 503 })
  const url = await setupBalancer(...[sick, well].map(({ url: one }) => Number(new URL(one).port)))
  const { send } = setupTransport({ url, retry: { maxAttempts: 1, initialBackoffMillis: 1 } })
  expect((await send()).failed).toEqual({ http_503: 1 })
  expect((await send()).exported).toBe(1)
})

test('a connection that was used for five minutes is replaced, and so are those beside it', async () => {
  const sink = await setupSink()
  const { clock, skip } = skippingClock()
  const { send } = setupTransport({ url: sink.url, timeoutMillis: 60_000 }, { clock, random: () => 0 })
  const both = async (): Promise<unknown> => Promise.all([send(), send()])
  await both()
  // In use all the time: a free connection is closed earlier.
  for (let passed = 0; passed < 295_000; passed += 5000) {
    skip(5000)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await both()
  }
  expect((await sink.stats()).connections).toBe(2)
  skip(5000)
  await both()
  expect((await sink.stats()).connections).toBe(4)
})

test('those of a burst do not end at the same moment', async () => {
  const sink = await setupSink()
  const { clock, skip } = skippingClock()
  const draws = [0, 1]
  const { send } = setupTransport({ url: sink.url, timeoutMillis: 60_000 }, { clock, random: () => draws.shift() ?? 0 })
  await Promise.all([send(), send()])
  for (let passed = 0; passed < 250_000; passed += 5000) {
    skip(5000)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await Promise.all([send(), send()])
  }
  expect((await sink.stats()).connections).toBe(3)
})
