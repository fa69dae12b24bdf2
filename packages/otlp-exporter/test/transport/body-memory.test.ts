// SPDX-License-Identifier: Apache-2.0
// A body's memory is used again only when nobody can read it any more; else a later batch would be sent in place of it.
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { forkSink } from '@spanring/sink'
import { PlainBatch } from './plain-batch.js'
import { setupTransport } from './setup-transport.js'

const MIB = 1024 * 1024

test('it is given back with an answer, compressed or not', async () => {
  const { url } = await setupSink()
  for (const compression of ['none', 'gzip'] as const) {
    const { send } = setupTransport({ url, compression })
    const batch = new PlainBatch(100, 100)
    expect(await send(batch)).toEqual({ exported: 100, failed: {} })
    expect(batch.reclaimed.map(({ byteLength }) => byteLength)).toEqual([batch.byteLength])
  }
})

test('each body of a batch that is halved is given back', async () => {
  const sink = await setupSink()
  await sink.script({ status: 413, times: 1 })
  const { send } = setupTransport({ url: sink.url })
  const batch = new PlainBatch(2)
  expect(await send(batch)).toEqual({ exported: 2, failed: {} })
  expect(batch.reclaimed.length).toBe(3)
})

test('it is not given back while the socket still has some of it: a backend may answer before it has read', async () => {
  const { url, sockets } = await setupHastyServer()
  const { send } = setupTransport({ url })
  const batch = new PlainBatch(30, MIB)
  expect(await send(batch)).toEqual({ exported: 30, failed: {} })
  expect(batch.reclaimed.length).toBe(0)
  expect(sockets).toHaveLength(1)
})

test('it is not given back without an answer', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'never' })
  const { send } = setupTransport({ url: sink.url })
  const batch = new PlainBatch(1)
  expect(await send(batch, 50)).toMatchObject({ failed: { timeout: 1 } })
  expect(batch.reclaimed.length).toBe(0)
})

test('it is not given back when the sockets are somebody else’s', async () => {
  const { url } = await setupSink()
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.destroy())
  const { send } = setupTransport({ url, dispatcher })
  const batch = new PlainBatch(1)
  expect(await send(batch)).toEqual({ exported: 1, failed: {} })
  expect(batch.reclaimed.length).toBe(0)
})

for (const status of [200, 400]) {
  test(`nothing stays of large answers with ${status}, on however many connections they came`, async () => {
    // In a process of its own, so that what it answers with is not in the memory that is measured.
    const sink = await forkSink({ keep: 'count' })
    onTestFinished(() => sink.close())
    const { send, finished } = setupTransport({ url: sink.url })
    const measure = (): number => {
      globalThis.gc?.()
      return process.memoryUsage().arrayBuffers
    }
    await send()
    const before = measure()
    await sink.script({ status, bodyBytes: 4_000_000, delayMillis: 100 })
    await Promise.all(Array.from({ length: 30 }, () => send()))
    expect(finished.filter(({ statusCode }) => statusCode === status).length).toBeGreaterThanOrEqual(30)
    // V8 frees what it has collected in the background.
    await until(() => measure() - before < 4 * MIB)
  })
}

/** Answers as soon as a request begins, and reads no more of it. */
async function setupHastyServer() {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  return { sockets, url: `http://127.0.0.1:${await listen(server)}/v1/traces` }
}
