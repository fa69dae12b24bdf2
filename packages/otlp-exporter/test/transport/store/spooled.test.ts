// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setupMissingDirectory } from '@spanring/test-kit/directory'
import { captureDiag } from '@spanring/test-kit/diag'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import type { BatchOutcome } from '../../../src/span-batch.js'
import type { Disk } from '../../../src/spool/disk.js'
import { nodeDisk } from '../../../src/spool/node-disk.js'
import { inspectSpool } from '../../../src/spool/spool.js'
import { diskError } from '../../spool/memory-disk.js'
import { PlainBatch } from '../plain-batch.js'
import { skippingClock } from '../skipping-clock.js'
import { sendPoison, setupOutage, sumOf } from './setup-outage.js'

test('what waits is written, holds no memory, and is delivered once from disk, oldest first', async () => {
  const directory = setupMissingDirectory()
  const { sink, send } = await setupOutage({ spool: { directory }, concurrencyLimit: 1 })
  await sink.stopListening()
  const sent = [send(1), send(2), send(3)]
  for (const { outcome } of sent) expect((await outcome).stored).toBeGreaterThan(0)
  for (const { outcome, later } of sent) {
    const { storedBytes } = await outcome
    // All of it is on disk.
    await until(() => sumOf(later).freedBytes === storedBytes)
  }
  expect(readdirSync(directory).length).toBeGreaterThan(0)
  await sink.listenAgain()
  await until(() => sent.every(({ later }, index) => sumOf(later).exported === index + 1))
  expect(await sink.stats()).toMatchObject({ delivered: 6, duplicates: 0 })
  // Nothing waits, so nothing is left.
  await until(() => readdirSync(directory).length === 0)
})

test('with a spool, spans are stored as soon as the backend is down', async () => {
  const { sink, send } = await setupOutage({ spool: { directory: setupMissingDirectory() }, timeoutMillis: 60_000 })
  await sink.script({ status: 503, headers: { 'retry-after': '30' } })
  expect(await send(2).outcome).toMatchObject({ stored: 2 })
})

test('what a shutdown cannot deliver is kept, and the next transport delivers it', async () => {
  const directory = setupMissingDirectory()
  const { sink, send, transport, within, closing } = await setupOutage({ spool: { directory } })
  await sink.stopListening()
  const [first, second] = [send(3), send(4)]
  await first.outcome
  closing.abort()
  // It comes when there is no time for a back-off any more.
  const late = send(5)
  await transport.shutdown(within(5000))
  expect(await late.outcome).toMatchObject({ stored: 5 })
  expect([first, second, late].map(({ later }) => sumOf(later).kept)).toEqual([3, 4, 5])
  await sink.listenAgain()
  const lines = captureDiag()
  const next = await setupOutage({ url: sink.url, spool: { directory } })
  next.send(1)
  await sink.waitForSpans(13)
  expect(await sink.stats()).toMatchObject({ delivered: 13, duplicates: 0 })
  expect(lines).toContainEqual(expect.stringContaining('[SPANRING_SPOOL] 12 spans of another process'))
})

test('where the disk refuses, spans wait in memory, and one warning says so', async () => {
  const file = setupMissingDirectory()
  writeFileSync(file, 'not a directory')
  const lines = captureDiag()
  const { sink, send } = await setupOutage({ spool: { directory: file } })
  await sink.stopListening()
  const sent = [send(1), send(2), send(3)]
  for (const { outcome } of sent) expect((await outcome).stored).toBeGreaterThan(0)
  await until(() => lines.some((line) => line.includes('[SPANRING_SPOOL]')))
  await sink.listenAgain()
  await until(() => sent.every(({ later }, index) => sumOf(later).exported === index + 1))
  expect(lines.filter((line) => line.includes('[SPANRING_SPOOL]'))).toEqual([expect.stringContaining(file)])
})

test('a disk that has refused what was then delivered from memory is used again', async () => {
  const directory = setupMissingDirectory()
  const mood = { millis: 0, refuses: true }
  const { clock, skip } = skippingClock()
  // What was refused is written again after seconds.
  const startTimer: typeof clock.startTimer = (callback, millis, keepAlive) =>
    clock.startTimer(callback, millis === 5000 ? 20 : millis, keepAlive)
  const internals = { clock: { ...clock, startTimer }, spool: { disk: setupSlowDisk(mood) } }
  const lines = captureDiag()
  const { sink, send } = await setupOutage({ spool: { directory } }, internals)
  await sink.stopListening()
  const first = send(1)
  await first.outcome
  await until(() => lines.some((line) => line.includes('ENOSPC')))
  await sink.listenAgain()
  await until(() => sumOf(first.later).exported === 1)
  await sleep(100)

  mood.refuses = false
  skip(5000)
  await sink.stopListening()
  const second = send(2)
  const { storedBytes } = await second.outcome
  await until(() => sumOf(second.later).freedBytes === storedBytes)
  expect((await inspectSpool(directory))[0]).toMatchObject({ spans: 2 })
})

test('a poison request is counted and passed', async () => {
  const directory = setupMissingDirectory()
  expect(await sendPoison(await setupOutage({ spool: { directory }, concurrencyLimit: 1 }))).toEqual({ http_400: 1 })
  await until(() => !existsSync(directory) || readdirSync(directory).length === 0)
})

/** The real disk, whose writes take `millis` or are refused. */
function setupSlowDisk(mood: { millis: number; refuses: boolean }): Disk {
  const write: Disk['async']['write'] = async (...args) => {
    await sleep(mood.millis)
    if (mood.refuses) throw diskError('ENOSPC')
    return nodeDisk.async.write(...args)
  }
  const writeSync: Disk['sync']['write'] = (...args) => {
    if (mood.refuses) throw diskError('ENOSPC')
    return nodeDisk.sync.write(...args)
  }
  return { ...nodeDisk, async: { ...nodeDisk.async, write }, sync: { ...nodeDisk.sync, write: writeSync } }
}

/** Spans that are on disk alone when it resolves. */
async function setupOnDisk(spans: number, mood = { millis: 0, refuses: false }) {
  const directory = setupMissingDirectory()
  const options = { spool: { directory }, concurrencyLimit: 1 }
  const setup = await setupOutage(options, { spool: { disk: setupSlowDisk(mood) } })
  await setup.sink.stopListening()
  const { outcome, later } = setup.send(spans)
  const { storedBytes } = await outcome
  await until(() => sumOf(later).freedBytes === storedBytes)
  return { ...setup, directory, later, storedBytes }
}

for (const how of ['shut down', 'ended at once'] as const) {
  test(`what is halved stays on disk until both halves are settled, whatever the disk refuses: ${how}`, async () => {
    const mood = { millis: 0, refuses: false }
    const { directory, later, storedBytes, sink, transport, within, counts } = await setupOnDisk(5, mood)
    mood.refuses = true
    captureDiag()
    await sink.script({ status: 413, times: 1 }, { status: 503 })
    await sink.listenAgain()
    const before = counts.attempts
    await until(() => counts.attempts >= before + 3)
    expect((await inspectSpool(directory))[0]).toMatchObject({ spans: 5 })
    // The parts hold no memory that counts, so that the spans are known to be on disk if the export thread dies.
    expect(sumOf(later).freedBytes).toBe(storedBytes)

    if (how === 'shut down') await transport.shutdown(within(5000))
    else transport.keepNow()
    expect(sumOf(later)).toEqual({ exported: 0, failed: {}, kept: 5, freedBytes: storedBytes })
    await transport.shutdown(within(0))
    await sink.script({})
    const next = await setupOutage({ url: sink.url, spool: { directory } })
    next.send(1)
    await sink.waitForSpans(6)
    expect(await sink.stats()).toMatchObject({ delivered: 6, deliveredTwice: 0 })
    await until(() => readdirSync(directory).length === 0)
  })
}

for (const how of ['shut down', 'ended at once'] as const) {
  test(`of a request that was halved, a half that was delivered is not sent again by the next process: ${how}`, async () => {
    const { directory, later, sink, transport, within } = await setupOnDisk(6)
    await sink.script({ status: 413, times: 1 }, { times: 1 }, { status: 503 })
    await sink.listenAgain()
    await until(() => sumOf(later).exported === 3)
    if (how === 'shut down') await transport.shutdown(within(5000))
    else transport.keepNow()
    expect(sumOf(later)).toMatchObject({ exported: 3, failed: {}, kept: 3 })
    await transport.shutdown(within(0))
    await sink.script({})
    const next = await setupOutage({ url: sink.url, spool: { directory } })
    next.send(1)
    await sink.waitForSpans(7)
    expect(await sink.stats()).toMatchObject({ delivered: 7, deliveredTwice: 0 })
    await until(() => readdirSync(directory).length === 0)
  })
}

test('halves are delivered, and then nothing is left on disk', async () => {
  const { directory, later, storedBytes, sink } = await setupOnDisk(8)
  await sink.script({ status: 413, times: 3 }, {})
  await sink.listenAgain()
  await until(() => sumOf(later).exported === 8)
  expect(sumOf(later).freedBytes).toBe(storedBytes)
  expect(await sink.stats()).toMatchObject({ delivered: 8, deliveredTwice: 0 })
  await until(() => readdirSync(directory).length === 0)
})

test('what is on its way to disk does not expire in memory, however short its time there', async () => {
  const disk = setupSlowDisk({ millis: 100, refuses: false })
  const { sink, send } = await setupOutage(
    { spool: { directory: setupMissingDirectory() }, maxStoredMillis: 0 },
    { spool: { disk } },
  )
  await sink.stopListening()
  const sent = Array.from({ length: 5 }, () => send(2))
  for (const { outcome } of sent) expect((await outcome).stored).toBe(2)
  await until(() => sent.every(({ later }) => sumOf(later).freedBytes > 0))
  await sink.listenAgain()
  await until(() => sent.every(({ later }) => sumOf(later).exported === 2))
  expect(await sink.stats()).toMatchObject({ delivered: 10, deliveredTwice: 0 })
})

test('an outcome that is on its way to disk when the process ends is told, and not sent again', async () => {
  const mood = { millis: 0, refuses: false }
  const { directory, later, sink, transport } = await setupOnDisk(3, mood)
  mood.millis = 1000
  await sink.listenAgain()
  await until(async () => (await sink.stats()).delivered === 3)
  await sleep(50)
  expect(sumOf(later).exported).toBe(0)
  expect(transport.keepNow()).toBe(1)
  // Whoever ends the process goes on until there is nothing.
  expect(transport.keepNow()).toBe(0)
  expect(sumOf(later)).toMatchObject({ exported: 3, kept: 0 })
  expect((await inspectSpool(directory)).reduce((sum, { spans }) => sum + spans, 0)).toBe(0)
})

test('what was kept when the process ended stays on disk, whatever becomes of the request that was under way', async () => {
  const { directory, later, sink, transport } = await setupOnDisk(4)
  await sink.script({ fault: 'never' })
  await sink.listenAgain()
  await until(async () => (await sink.stats()).requests === 1)
  transport.keepNow()
  expect(sumOf(later).kept).toBe(4)
  // In the export thread the event loop goes on for a while.
  await sleep(200)
  expect((await inspectSpool(directory))[0]).toMatchObject({ spans: 4 })
})

test('what was being written when the process ended stays on disk', async () => {
  const directory = setupMissingDirectory()
  const internals = { spool: { disk: setupSlowDisk({ millis: 50, refuses: false }) } }
  const { sink, send, transport } = await setupOutage({ spool: { directory } }, internals)
  await sink.stopListening()
  const { outcome, later } = send(5)
  await outcome
  await sleep(20)
  transport.keepNow()
  expect(sumOf(later).kept).toBe(5)
  await sleep(300)
  expect((await inspectSpool(directory))[0]).toMatchObject({ spans: 5 })
})

test('when the process ends, every batch gets its outcome, also one that was given up: it makes room for another one', async () => {
  const { sink, transport } = await setupOutage({ spool: { directory: setupMissingDirectory() }, timeoutMillis: 60_000 })
  await sink.script({ fault: 'never' })
  const outcomes: BatchOutcome[] = []
  const [waits, givenUp] = [new AbortController(), new AbortController()]
  for (const { signal } of [waits, givenUp]) {
    const deadline = { at: Infinity, signal, closing: waits.signal, onStoredOutcome: () => {} }
    void transport.sendBatch(new PlainBatch(2), { ...deadline, onOutcome: (outcome) => void outcomes.push(outcome) })
  }
  await until(async () => (await sink.stats()).requests === 2)
  givenUp.abort()
  expect(transport.keepNow()).toBe(3)
  expect(transport.keepNow()).toBe(0)
  expect(outcomes).toMatchObject([
    { stored: 2, failed: {} },
    { exported: 0, failed: { shutdown: 2 } },
  ])
})

test('nothing is written while the backend is healthy', async () => {
  const directory = setupMissingDirectory()
  const { send } = await setupOutage({ spool: { directory } })
  for (let i = 0; i < 5; i++) await send().outcome
  expect(existsSync(directory)).toBe(false)
})
