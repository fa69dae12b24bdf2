// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { setupMissingDirectory } from '@spanring/test-kit/directory'
import { captureDiag } from '@spanring/test-kit/diag'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
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

test('a poison request is counted and passed', async () => {
  const directory = setupMissingDirectory()
  expect(await sendPoison(await setupOutage({ spool: { directory }, concurrencyLimit: 1 }))).toEqual({ http_400: 1 })
  await until(() => !existsSync(directory) || readdirSync(directory).length === 0)
})

test('nothing is written while the backend is healthy', async () => {
  const directory = setupMissingDirectory()
  const { send } = await setupOutage({ spool: { directory } })
  for (let i = 0; i < 5; i++) await send().outcome
  expect(existsSync(directory)).toBe(false)
})
