// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { startSink } from '../src/local-sink.js'
import { send, sendJson } from './http-client.js'
import { fullJson } from './otlp/full-request.js'
import { setupSink } from './setup-sink.js'
import { requestWith } from './wire.js'

const names = (spans: readonly { readonly name: string }[]): string[] => spans.map(({ name }) => name)

test('past its limit the oldest spans are forgotten and counted', async () => {
  const sink = await setupSink({ maxKeptSpans: 3 })
  await send(sink.url, requestWith(2))
  await send(sink.url, requestWith(5, 3))
  expect(names(await sink.spans())).toEqual(['span 5', 'span 6', 'span 7'])
  expect(await sink.stats()).toMatchObject({ delivered: 7, forgotten: 4 })
})

test('a sink that counts keeps no spans, in either encoding', async () => {
  const sink = await setupSink({ keep: 'count' })
  await send(sink.url, requestWith(600))
  await sendJson(sink.url, fullJson)
  expect(await sink.spans()).toEqual([])
  expect(await sink.stats()).toMatchObject({ received: 601, delivered: 601, forgotten: 601, duplicates: 0 })
})

test.each(['spans', 'count'] as const)('with keep: %s, spans that come again are duplicates', async (keep) => {
  const sink = await setupSink({ keep })
  await sink.script({ status: 503 }, { fault: 'cut-before-headers' }, {})
  await send(sink.url, requestWith(2))
  await expect(send(sink.url, requestWith(3))).rejects.toThrow()
  await send(sink.url, requestWith(3))
  expect(await sink.stats()).toMatchObject({ received: 8, duplicates: 5, delivered: 3, deliveredTwice: 0 })
  await send(sink.url, requestWith(4))
  expect(await sink.stats()).toMatchObject({ received: 12, duplicates: 8, delivered: 7, deliveredTwice: 3 })
})

test('replies serve the requests in the order in which they start', async () => {
  const sink = await setupSink()
  await sink.script({ status: 503, times: 2 }, { status: 429 }, { status: 200 }, { status: 500 })
  const statuses: number[] = []
  for (let request = 0; request < 6; request++) statuses.push((await send(sink.url, requestWith(1))).status)
  expect(statuses).toEqual([503, 503, 429, 200, 500, 500])
  await sink.script()
  expect((await send(sink.url, requestWith(1))).status).toBe(200)
})

test('waiting ends with the last of the spans, and at once when they are there', async () => {
  const sink = await setupSink()
  let done = false
  const waiting = sink.waitForSpans(3).then(() => (done = true))
  await send(sink.url, requestWith(2))
  expect(done).toBe(false)
  await send(sink.url, requestWith(1, 3))
  await waiting
  await sink.waitForSpans(3, 0)
})

test('waiting in vain tells how many are there', async () => {
  const sink = await setupSink()
  await sink.script({ partialSuccess: { rejectedSpans: 1 } }, { status: 503 })
  await send(sink.url, requestWith(3))
  await send(sink.url, requestWith(4, 4))
  await expect(sink.waitForSpans(7, 20)).rejects.toThrow(
    'waited 20 ms for 7 spans; 2 were delivered (1 rejected, 4 refused, 0 unanswered, 0 waiting; 2 requests)',
  )
})

test('a reset forgets everything and is healthy, and a request from before it counts nowhere', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'never' })
  const abort = new AbortController()
  const hanging = send(sink.url, requestWith(5), { signal: abort.signal })
  await expect.poll(async () => (await sink.stats()).waiting, { interval: 2 }).toBe(5)
  await sink.reset()
  abort.abort()
  await expect(hanging).rejects.toThrow('aborted')
  await expect.poll(async () => (await sink.stats()).openConnections, { interval: 2 }).toBe(0)
  expect(await sink.stats()).toEqual({
    requests: 0,
    connections: 0,
    openConnections: 0,
    received: 0,
    delivered: 0,
    rejected: 0,
    refused: 0,
    unanswered: 0,
    waiting: 0,
    duplicates: 0,
    deliveredTwice: 0,
    forgotten: 0,
    bytesOnTheWire: 0,
    bytesDecoded: 0,
    refusals: {},
    unknownFields: {},
    lastHeaders: undefined,
  })
  expect((await send(sink.url, requestWith(1))).status).toBe(200)
  expect(await sink.stats()).toMatchObject({ received: 1, delivered: 1, duplicates: 0 })
})

test('close breaks what hangs and stops who waits', async () => {
  const sink = await startSink({ grpc: true })
  await sink.script({ fault: 'never' })
  const hanging = send(sink.url, requestWith(1))
  const idle = connect(Number(new URL(sink.grpcUrl ?? '').port), '127.0.0.1')
  await once(idle, 'connect')
  await expect.poll(async () => (await sink.stats()).openConnections, { interval: 2 }).toBe(2)
  const waiting = sink.waitForSpans(1, 60_000)
  const settled = Promise.allSettled([hanging, waiting, once(idle.resume(), 'close')])
  await sink.close()
  const [broken, stopped] = await settled
  expect(broken).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } })
  expect(stopped).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('closed while waiting') } })
  await sink.close()
  await expect(sink.waitForSpans(0)).rejects.toThrow('the sink is closed')
})

test('after close nothing keeps the process alive', async () => {
  const script = `
    import { startSink } from '@spanring/sink'
    const sink = await startSink({ grpc: true })
    await sink.script({ delayMillis: 60_000 })
    const hanging = fetch(sink.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    while ((await sink.stats()).requests === 0) await new Promise(setImmediate)
    await sink.close()
    await hanging.catch(() => console.log('broken'))
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 15_000,
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect({ output, code }).toEqual({ output: 'broken\n', code: 0 })
})

test('only loopback is listened on', async () => {
  const sink = await setupSink({ grpc: true })
  const elsewhere = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
  // 127.0.0.2 is this machine too: a server on every address would answer there.
  for (const host of ['127.0.0.2', ...elsewhere]) {
    for (const url of [sink.origin, sink.grpcUrl ?? '']) {
      expect(await reach(connect(Number(new URL(url).port), host))).not.toBe('connected')
    }
  }
})

async function reach(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message)
    })
  })
}

test('a port that is taken is an error, and not a sink', async () => {
  const sink = await setupSink()
  await expect(startSink({ port: Number(new URL(sink.origin).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test.each([
  [{ host: '0.0.0.0' }, 'a sink has no option host'],
  [{ port: 65_536 }, 'port is 65536; must be 0..65535'],
  [{ maxKeptSpans: -1 }, 'maxKeptSpans is -1; must be 0..16777216'],
  [{ maxBodyBytes: NaN }, 'maxBodyBytes is NaN; must be 0..1073741824'],
  [{ keep: 'all' }, 'keep is all; must be spans or count'],
] as [object, string][])('%j is refused', async (options, message) => {
  await expect(startSink(options)).rejects.toThrow(new RangeError(message))
})

test('a sink that does not listen refuses connections, and is found again where it was, with all that it had counted', async () => {
  const sink = await setupSink()
  await send(sink.url, requestWith(2))
  await sink.script({ status: 503 }, {})
  const { url } = sink
  await sink.stopListening()
  await expect(send(url, requestWith(2, 3))).rejects.toThrow('ECONNREFUSED')
  expect((await sink.stats()).openConnections).toBe(0)
  await sink.listenAgain()

  expect(sink.url).toBe(url)
  expect((await send(url, requestWith(2, 3))).status).toBe(503)
  expect((await send(url, requestWith(2, 3))).status).toBe(200)
  expect(await sink.stats()).toMatchObject({ requests: 3, delivered: 4, refused: 2 })
})
