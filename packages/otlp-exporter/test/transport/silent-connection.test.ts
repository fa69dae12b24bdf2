// SPDX-License-Identifier: Apache-2.0
// A connection that was kept may lead nowhere although nobody has closed it.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { leadOn, listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { makeCertificate } from './certificates.js'
import { PlainBatch } from './plain-batch.js'
import { setupProxy } from './setup-proxy.js'
import { setupTlsServer } from './setup-tls-server.js'
import { settledWithin, setupTransport } from './setup-transport.js'
import { skippingClock } from './skipping-clock.js'

/** On the way to the port; forgets the connections that it has and says nothing, as a router or a load balancer does. */
async function setupForgetfulRouter(port: number) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket).add(leadOn(socket, port))
  })
  const forget = (): void => {
    for (const socket of sockets) socket.unpipe().pause()
  }
  return { forget, url: `http://127.0.0.1:${await listen(server)}/v1/traces` }
}

/** Takes as long as it is told, and counts. */
async function setupSlowServer() {
  const state = { delayMillis: 0, requests: 0, isFull: false }
  const known = new WeakSet<Socket>()
  const server = createHttpServer((request, response) => {
    state.requests += 1
    const { socket } = request
    const isRefused = state.isFull && !known.has(socket)
    if (isRefused) response.statusCode = 503
    else known.add(socket)
    request.resume().on('end', () => setTimeout(() => response.end(), isRefused ? 0 : state.delayMillis))
  })
  return { state, server, url: `http://127.0.0.1:${await listen(server)}/v1/traces` }
}

/** Ten batches at once; how many spans of each arrive. */
function burstOf(send: ReturnType<typeof setupTransport>['send']) {
  return (): Promise<number[]> => Promise.all(Array.from({ length: 10 }, async () => (await send()).exported))
}

test('connections that were forgotten cost one batch a part of its time, and none its spans', async () => {
  const sink = await setupSink()
  const router = await setupForgetfulRouter(Number(new URL(sink.url).port))
  const { send, counts, changes } = setupTransport({ url: router.url, timeoutMillis: 3000 })
  await Promise.all(Array.from({ length: 10 }, () => send()))
  router.forget()
  const outcomes = await settledWithin(3000, async () => {
    const exported = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let batch = 0; batch < 10; batch++) exported.push((await send()).exported)
    return exported
  })
  expect(outcomes).toEqual(Array.from({ length: 10 }, () => 1))
  expect(counts.attempts).toBe(10 + 1 + 10)
  expect(changes).toEqual([])
})

test.each(['TLS', 'a tunnel'])('so it is through %s', async (way) => {
  const authority = makeCertificate('authority')
  const server = await setupTlsServer(makeCertificate('server', authority))
  const router = await setupForgetfulRouter(way === 'TLS' ? server.port : (await setupProxy(server.port)).port)
  const { port } = new URL(router.url)
  const { send, counts, changes } = setupTransport({
    url: way === 'TLS' ? `https://127.0.0.1:${port}/v1/traces` : server.url,
    proxy: way === 'TLS' ? false : `http://127.0.0.1:${port}`,
    tls: { ca: authority.cert },
    timeoutMillis: 3000,
  })
  await Promise.all([send(), send(), send()])
  router.forget()
  for (let batch = 0; batch < 3; batch++) expect((await settledWithin(3000, () => send())).exported).toBe(1)
  expect([counts.attempts, server.requests.length]).toEqual([7, 6])
  expect(changes).toEqual([])
})

test('batches that meet forgotten connections together are all delivered', async () => {
  const sink = await setupSink()
  const router = await setupForgetfulRouter(Number(new URL(sink.url).port))
  const { send, changes } = setupTransport({ url: router.url, timeoutMillis: 3000 })
  const burst = burstOf(send)
  await burst()
  router.forget()
  expect(await burst()).toEqual(Array.from({ length: 10 }, () => 1))
  expect(changes).toEqual([])
})

test('once one forgotten connection was found, those that were kept with it are not used again', async () => {
  const sink = await setupSink()
  const router = await setupForgetfulRouter(Number(new URL(sink.url).port))
  const { send, counts } = setupTransport({ url: router.url, timeoutMillis: 3000 })
  const burst = burstOf(send)
  await burst()
  router.forget()
  await send()
  const before = counts.attempts
  await burst()
  expect(counts.attempts - before).toBe(10)
})

test('where no time is left for another try, the next batch finds no forgotten connection', async () => {
  const sink = await setupSink()
  const router = await setupForgetfulRouter(Number(new URL(sink.url).port))
  const { send } = setupTransport({ url: router.url, timeoutMillis: 500 })
  await Promise.all([send(), send(), send()])
  router.forget()
  expect((await send()).failed).toEqual({ timeout: 1 })
  for (let batch = 0; batch < 3; batch++) expect((await send()).exported).toBe(1)
})

test('a backend that grows slow is waited for on the old connection too, and asked once more at most', async () => {
  const { state, url } = await setupSlowServer()
  const { send, changes } = setupTransport({ url, timeoutMillis: 3000 })
  expect((await send()).exported).toBe(1)
  // A new connection alone would not be answered in time.
  state.delayMillis = 2200
  expect(await settledWithin(3000, () => send())).toEqual({ exported: 1, failed: {} })
  expect(state.requests).toBe(3)
  expect((await send()).exported).toBe(1)
  expect(state.requests).toBe(4)
  expect(changes).toEqual([])
})

test('of many requests that a slow backend leaves without an answer one is repeated, and the others wait', async () => {
  const { state, url } = await setupSlowServer()
  const { send } = setupTransport({ url, timeoutMillis: 4000 })
  const burst = burstOf(send)
  await burst()
  // Behind what the one new connection would take as well.
  state.delayMillis = 2800
  expect(await burst()).toEqual(Array.from({ length: 10 }, () => 1))
  expect(state.requests).toBe(10 + 10 + 1)
})

test('requests of a backend that is about to end are waited for on the old connections: it takes no new one', async () => {
  const { state, server, url } = await setupSlowServer()
  const { send } = setupTransport({ url, timeoutMillis: 4000 })
  const burst = burstOf(send)
  await burst()
  state.delayMillis = 2500
  const last = burst()
  await until(() => state.requests === 20)
  server.close()
  expect(await last).toEqual(Array.from({ length: 10 }, () => 1))
  expect(state.requests).toBe(20)
})

test('a backend that refuses further connections is waited for on the old ones, and asked once more in all', async () => {
  const { state, url } = await setupSlowServer()
  const { send, changes } = setupTransport({ url, timeoutMillis: 4000 })
  const burst = burstOf(send)
  await burst()
  Object.assign(state, { delayMillis: 2500, isFull: true })
  expect(await burst()).toEqual(Array.from({ length: 10 }, () => 1))
  expect(state.requests).toBe(21)
  expect(changes).toEqual([])
})

test('a large request that is still being read is not sent a second time', async () => {
  const server = createHttpServer((request, response) => {
    // Half a megabyte in a tenth of a second.
    request.on('data', () => {
      request.pause()
      setTimeout(() => request.resume(), 12)
    })
    request.on('end', () => response.end())
  })
  const { send, counts } = setupTransport({ url: `http://127.0.0.1:${await listen(server)}/v1/traces`, timeoutMillis: 6000 })
  expect((await send()).exported).toBe(1)
  expect((await send(new PlainBatch(12, 1024 * 1024))).exported).toBe(12)
  expect(counts.attempts).toBe(2)
})

test.each([
  ['that the exporter closes', { keepAlive: false }, false],
  ['that the backend closes', {}, true],
])('a connection that follows at once on one %s is new, and is not suspected', async (_who, options, isClosing) => {
  const { state, server, url } = await setupSlowServer()
  if (isClosing) server.on('request', (_request, response) => void response.setHeader('connection', 'close'))
  const { send, counts } = setupTransport({ url, timeoutMillis: 3000, concurrencyLimit: 1, ...options })
  const first = send()
  const second = send()
  await first
  state.delayMillis = 1500
  expect((await second).exported).toBe(1)
  expect(counts.attempts).toBe(2)
})

test('a new connection that is slow is never suspected', async () => {
  const { state, url } = await setupSlowServer()
  state.delayMillis = 1200
  const { send } = setupTransport({ url, timeoutMillis: 3000, keepAlive: false })
  expect((await send()).exported).toBe(1)
  expect((await send()).exported).toBe(1)
  expect(state.requests).toBe(2)
})

test('nor is anything sent again where that is not wanted', async () => {
  const { state, url } = await setupSlowServer()
  const { send } = setupTransport({ url, timeoutMillis: 3000, retry: { maxAttempts: 1 } })
  expect((await send()).exported).toBe(1)
  state.delayMillis = 1200
  expect((await send()).exported).toBe(1)
  expect(state.requests).toBe(2)
})

test('an answer that has begun is no silence', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url, timeoutMillis: 3000 })
  expect((await send()).exported).toBe(1)
  await sink.script({ fault: 'drip', dripBytes: 30, dripEveryMillis: 60 }, { times: 1 })
  await send()
  expect((await sink.stats()).requests).toBe(2)
})

test('what a burst has opened is closed when it is not needed for ten seconds', async () => {
  const sink = await setupSink()
  const { clock, skip } = skippingClock()
  const { send } = setupTransport({ url: sink.url }, { clock })
  await Promise.all(Array.from({ length: 10 }, () => send()))
  expect((await sink.stats()).openConnections).toBe(10)
  skip(5000)
  await Promise.all([send(), send()])
  expect((await sink.stats()).openConnections).toBe(10)
  skip(5100)
  await send()
  await until(async () => (await sink.stats()).openConnections === 2)
  expect((await sink.stats()).connections).toBe(10)
})

/** Answers the first request on the first connection, and nothing else there. Other connections get the start of an answer. */
async function setupHalfAnswers() {
  const state = { requests: 0 }
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    const isFirst = connections === 1
    socket.on('error', () => {})
    socket.on('data', () => {
      state.requests += 1
      if (!isFirst) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n')
      else if (state.requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  return { state, server, url: `http://127.0.0.1:${await listen(server)}/v1/traces` }
}

test('the status that a new connection has got counts, although the rest of the answer never comes', async () => {
  const { url } = await setupHalfAnswers()
  const { send } = setupTransport({ url, timeoutMillis: 2500 })
  await send()
  expect(await settledWithin(2500, () => send())).toEqual({ exported: 1, failed: {} })
})

test('a request that a silent connection may have delivered is not stored, although a new one does not come about', async () => {
  const { url, server } = await setupHalfAnswers()
  const { transport, closing, signal, send } = setupTransport({ url, timeoutMillis: 2500 })
  await send()
  server.close()
  const deadline = { at: Infinity, signal: signal.signal, closing: closing.signal, onStoredOutcome() {} }
  const outcome = await settledWithin(2500, () => transport.sendBatch(new PlainBatch(1), deadline))
  expect(outcome).toMatchObject({ exported: 0, failed: { timeout: 1 } })
  expect(outcome.stored ?? 0).toBe(0)
})
