// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import type { SlotConnection } from '../../../src/transport/connection/connection.js'
import { PlainBatch } from '../plain-batch.js'
import { sendPoison, setupOutage, sumOf } from './setup-outage.js'

test('a batch that cannot be sent by its deadline is stored, and delivered when the backend is back', async () => {
  const { sink, send, changes } = await setupOutage()
  await sink.stopListening()
  const { outcome, later } = send(3)
  expect(await outcome).toMatchObject({ exported: 0, failed: {}, stored: 3 })
  expect(later.filter(({ exported }) => exported > 0)).toEqual([])
  await sink.listenAgain()
  await sink.waitForSpans(3)
  await until(() => sumOf(later).exported === 3)
  expect(sumOf(later).freedBytes).toBe((await outcome).storedBytes)
  expect(changes.map(({ state }) => state)).toEqual(['down', 'up'])
})

test('what is stored is delivered once, oldest first, and the batches that come meanwhile as well', async () => {
  const { sink, send } = await setupOutage({ concurrencyLimit: 1 })
  await sink.stopListening()
  const first = [send(new PlainBatch(2, 1)), send(new PlainBatch(2, 2)), send(new PlainBatch(2, 3))]
  await Promise.all(first.map(({ outcome }) => outcome))
  const second = [send(new PlainBatch(2, 4)), send(new PlainBatch(2, 5))]
  await Promise.all(second.map(({ outcome }) => outcome))
  await sink.listenAgain()
  await sink.waitForSpans(10)
  expect((await sink.spans()).map(({ name }) => name?.length)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
  expect(await sink.stats()).toMatchObject({ delivered: 10, duplicates: 0 })
})

test('once the outage has lasted a second, a batch is stored without a wait', async () => {
  const { sink, send } = await setupOutage({ timeoutMillis: 60_000 })
  await sink.stopListening()
  const waited = send()
  expect(await waited.outcome).toMatchObject({ stored: 1 })
  let isStored = false
  const { outcome } = send()
  void outcome.then(() => (isStored = true))
  // No timer and no I/O is needed.
  for (let i = 0; i < 20; i++) await Promise.resolve()
  expect(isStored).toBe(true)
})

test('a backend that says 503 until the deadline is an outage', async () => {
  const { sink, send } = await setupOutage()
  await sink.script({ status: 503 })
  const { outcome, later } = send(2)
  expect(await outcome).toMatchObject({ stored: 2 })
  await sink.script()
  await until(() => sumOf(later).exported === 2)
})

test('a request without an answer may have arrived: it is not stored', async () => {
  const { sink, send } = await setupOutage()
  await sink.script({ fault: 'never' })
  expect(await send(2).outcome).toMatchObject({ exported: 0, failed: { timeout: 2 } })
})

test('nothing is stored if its sender cannot be told later, or if maxStoredMillis is 0', async () => {
  const { sink, transport, closing, signal } = await setupOutage()
  await sink.stopListening()
  const plain = { at: Infinity, signal: signal.signal, closing: closing.signal }
  expect((await transport.sendBatch(new PlainBatch(1), plain)).failed).toEqual({ connection: 1 })
  const none = await setupOutage({ maxStoredMillis: 0 })
  await none.sink.stopListening()
  expect((await none.send().outcome).failed).toEqual({ connection: 1 })
})

test('what waits for longer than maxStoredMillis has failed', async () => {
  const { sink, send } = await setupOutage({ maxStoredMillis: 300 })
  await sink.stopListening()
  const { outcome, later } = send(4)
  const { storedBytes } = await outcome
  await until(() => sumOf(later).failed['expired'] === 4)
  expect(sumOf(later).freedBytes).toBe(storedBytes)
  expect(later.at(-1)?.error).toMatchObject({ code: 'expired' })
  await sink.listenAgain()
  expect(await send().outcome).toMatchObject({ exported: 1 })
  expect((await sink.stats()).received).toBe(1)
})

test('a pipeline that shuts down makes one last attempt for all that it has stored, and others go on waiting', async () => {
  const { sink, send, closing, attemptTimes } = await setupOutage({ retry: { initialBackoffMillis: 60_000, jitter: false } })
  await sink.script({ status: 503 })
  const other = new AbortController()
  const mine = [send(1), send(2), send(3)]
  const others = send(4, other.signal)
  for (const { outcome } of [...mine, others]) await outcome
  const before = attemptTimes.length
  closing.abort()
  await until(() => mine.every(({ later }) => sumOf(later).failed['http_503'] !== undefined))
  expect(mine.map(({ later }) => sumOf(later).failed)).toEqual([{ http_503: 1 }, { http_503: 2 }, { http_503: 3 }])
  expect(attemptTimes.length - before).toBe(1)
  expect(sumOf(others.later)).toMatchObject({ exported: 0, failed: {} })
})

test('a shutdown makes a last attempt: what it delivers is exported, and what it cannot has failed', async () => {
  const { sink, send, transport, within } = await setupOutage({ retry: { initialBackoffMillis: 60_000, jitter: false } })
  await sink.script({ status: 503 })
  const sent = [send(1), send(2)]
  for (const { outcome } of sent) await outcome
  await sink.script()
  await transport.shutdown(within(5000))
  expect(sent.map(({ later }) => sumOf(later).exported)).toEqual([1, 2])

  const dead = await setupOutage()
  await dead.sink.stopListening()
  const lost = dead.send(5)
  await lost.outcome
  await dead.transport.shutdown(dead.within(5000))
  expect(sumOf(lost.later).failed).toEqual({ connection: 5 })
})

/** A connection that does not come about, and never says so. */
function connecting(): SlotConnection {
  return {
    post: () => new Promise(() => {}),
    giveUp: () => undefined,
    destroy: () => Promise.resolve(),
    isSent: false,
    isUnreached: true,
    isBodyFree: false,
    isSpent: false,
    isReused: false,
    isSilent: true,
    isSuspect: false,
    isBusy: true,
    isOld: false,
    isOurs: true,
  }
}

test.each(['without a spool', 'with a spool'])('what is stored while the shutdown waits has an outcome, too: %s', async (how) => {
  const directory = mkdtempSync(join(tmpdir(), 'spanring-shutdown-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const spool = how === 'with a spool' ? { directory } : undefined
  const { transport, send, within } = await setupOutage({ spool }, { open: connecting })
  const { outcome, later } = send(3)
  await transport.shutdown(within(2000))
  expect(await outcome).toMatchObject({ exported: 0, failed: {}, stored: 3 })
  expect(sumOf(later)).toMatchObject(spool ? { failed: {}, kept: 3 } : { failed: { shutdown: 3 }, kept: 0 })
})

test('what waits is compressed, and is sent as it is to a backend that gets it compressed anyway', async () => {
  for (const compression of ['none', 'gzip'] as const) {
    const { sink, send } = await setupOutage({ compression })
    await sink.stopListening()
    const { outcome, later } = send(new PlainBatch(50, 1000))
    const { storedBytes = 0 } = await outcome
    expect(storedBytes).toBeGreaterThan(50_000)
    await until(() => sumOf(later).freedBytes > storedBytes * 0.9)
    await sink.listenAgain()
    await sink.waitForSpans(50)
    expect((await sink.stats()).lastHeaders?.['content-encoding']).toBe(compression === 'none' ? undefined : compression)
    expect((await sink.stats()).delivered).toBe(50)
  }
})

test('a stored request that is too large for the backend is halved', async () => {
  const { sink, send } = await setupOutage({}, {}, { maxBodyBytes: 5000 })
  await sink.stopListening()
  const { outcome, later } = send(new PlainBatch(7, 1500))
  expect(await outcome).toMatchObject({ stored: 7 })
  await sink.listenAgain()
  await until(() => sumOf(later).exported === 7)
  expect(await sink.stats()).toMatchObject({ delivered: 7, deliveredTwice: 0 })
  expect(sumOf(later).freedBytes).toBe((await outcome).storedBytes)
})

test('a request that the backend refuses for good is counted and passed', async () => {
  expect(await sendPoison(await setupOutage({ concurrencyLimit: 1 }))).toEqual({ http_400: 1 })
})

test('the backlog comes back in a ramp, and leaves connections for live batches', async () => {
  const { sink, send } = await setupOutage({ concurrencyLimit: 6 })
  await sink.script({ status: 503 })
  const sent = Array.from({ length: 24 }, () => send())
  for (const { outcome } of sent) expect((await outcome).stored).toBe(1)
  const most: number[] = []
  let waiting = 0
  await sink.script({ delayMillis: 20 })
  for (let i = 0; i < 400 && sent.some(({ later }) => sumOf(later).exported === 0); i++) {
    waiting = (await sink.stats()).waiting
    most.push(waiting)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(sent.every(({ later }) => sumOf(later).exported === 1)).toBe(true)
  // One until the backend is known to be back, and half of the connections at most.
  expect(most.find((count) => count > 0)).toBe(1)
  expect(Math.max(...most)).toBeLessThanOrEqual(3)
  expect(Math.max(...most)).toBeGreaterThan(1)
})

test('a backend that answers nothing at all is down: what comes after the batches that it has is stored', async () => {
  const { sink, send, changes } = await setupOutage({ timeoutMillis: 300 })
  await sink.script({ fault: 'never' })
  const first = [send(), send()]
  for (const { outcome } of first) expect((await outcome).failed).toEqual({ timeout: 1 })
  expect(changes).toEqual([expect.objectContaining({ state: 'down' })])
  const second = [send(), send(), send()]
  // One of them probes, and may have arrived.
  const outcomes = await Promise.all(second.map(({ outcome }) => outcome))
  expect(outcomes.filter(({ stored }) => stored === 1)).toHaveLength(2)
  await sink.script()
  await until(() => second.filter(({ later }) => sumOf(later).exported === 1).length === 2)
})

test('a backend that answers others is not down because of one request', async () => {
  const { sink, send, changes } = await setupOutage({ timeoutMillis: 300 })
  await sink.script({ fault: 'never', times: 1 }, {})
  const silent = send()
  expect(await send().outcome).toMatchObject({ exported: 1 })
  expect((await silent.outcome).failed).toEqual({ timeout: 1 })
  expect(changes).toEqual([])
})
