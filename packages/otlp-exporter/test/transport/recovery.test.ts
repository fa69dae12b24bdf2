// SPDX-License-Identifier: Apache-2.0
// A backend that could not be connected to is found again by bare connections. Every back-off here takes an hour.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import type { LookupFunction, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBlackHole } from '@spanring/sink'
import { FakeClock } from '@spanring/test-kit/clock'
import { closedPort, listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { makeCertificate } from './certificates.js'
import type { Certificate } from './certificates.js'
import { openHandles, setupTransport } from './setup-transport.js'

const HOUR = 3_600_000
const PATIENT = { timeoutMillis: 10 * HOUR, retry: { initialBackoffMillis: HOUR, maxBackoffMillis: HOUR, jitter: false } }

/** A server whose connections end with the test, and what it has seen. */
function setupServer(certificate?: Certificate): { server: Server; seen: { connections: number; requests: string[] } } {
  const seen = { connections: 0, requests: [] as string[] }
  const serve: RequestListener = (request, response) => {
    seen.requests.push(request.url ?? '')
    request.resume().on('end', () => response.end())
  }
  const server = certificate === undefined ? createHttpServer(serve) : createHttpsServer(certificate, serve)
  server.on('connection', () => void (seen.connections += 1))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, seen }
}

/** Sends a batch whose first attempt fails, waits for that, and gives what to do when the backend is back. */
async function setupOutage(options: OTLPTraceExporterOptions, internals: Parameters<typeof setupTransport>[1] = {}) {
  const transport = setupTransport({ ...PATIENT, ...options }, internals)
  const sent = transport.send()
  await until(() => transport.changes.length === 1)
  return { ...transport, sent }
}

test('a port that is closed and then listens: what waits is delivered, whatever the back-off', async () => {
  const port = await closedPort()
  const { sent, send, counts, changes } = await setupOutage({ url: `http://127.0.0.1:${port}/v1/traces` })
  const others = [send(2), send(3)]
  const sink = await setupSink({ port })
  expect((await Promise.all([sent, ...others])).map(({ exported }) => exported)).toEqual([1, 2, 3])
  // The bare connection is none of the requests.
  expect(counts.attempts).toBe(4)
  expect((await sink.stats()).requests).toBe(3)
  expect(changes.map(({ state }) => state)).toEqual(['down', 'up'])
  expect(changes.at(-1)).toMatchObject({ failedAttempts: 1 })
})

test('a batch that comes when the backend is back does not wait for the back-off of the last one', async () => {
  const port = await closedPort()
  const { send, counts } = setupTransport({
    url: `http://127.0.0.1:${port}/v1/traces`,
    retry: { ...PATIENT.retry, maxAttempts: 1 },
  })
  expect((await send()).failed).toEqual({ connection: 1 })
  await setupSink({ port })
  expect((await send()).exported).toBe(1)
  expect(counts.attempts).toBe(2)
})

test('with TLS the bare connection ends before the handshake', async () => {
  const authority = makeCertificate('authority')
  const certificate = makeCertificate('server', authority)
  const port = await closedPort()
  const { sent } = await setupOutage({ url: `https://127.0.0.1:${port}/v1/traces`, tls: { ca: authority.cert } })
  const { server, seen } = setupServer(certificate)
  let handshakes = 0
  server.on('secureConnection', () => void (handshakes += 1)).listen(port, '127.0.0.1')
  expect((await sent).exported).toBe(1)
  expect(seen).toEqual({ connections: 2, requests: ['/v1/traces'] })
  expect(handshakes).toBe(1)
})

for (const protocol of ['http', 'https']) {
  test(`a proxy that is down and comes back, on the way to an ${protocol} backend`, async () => {
    const port = await closedPort()
    const { sent, counts } = await setupOutage({
      url: `${protocol}://collector.test/v1/traces`,
      proxy: `http://127.0.0.1:${port}`,
    })
    const { server, seen } = setupServer()
    const tunnels: string[] = []
    server.on('connect', (request: { url: string }, socket: Socket) => {
      tunnels.push(request.url)
      socket.end('HTTP/1.1 502 no\r\n\r\n')
    })
    server.listen(port, '127.0.0.1')
    if (protocol === 'http') {
      expect((await sent).exported).toBe(1)
      expect(seen.requests).toEqual(['http://collector.test/v1/traces'])
    } else {
      await until(() => tunnels.length > 0)
      expect(tunnels).toEqual(['collector.test:443'])
    }
    expect(counts.attempts).toBe(2)
    expect(seen.connections).toBe(2)
  })
}

test.skipIf(process.platform === 'win32')('a Unix domain socket that is missing and comes back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'spanring-socket-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const socketPath = join(dir, 'otlp.sock')
  const { sent } = await setupOutage({ url: 'http://collector.test/v1/traces', socketPath })
  const { server, seen } = setupServer()
  server.listen(socketPath)
  expect((await sent).exported).toBe(1)
  expect(seen.requests).toEqual(['/v1/traces'])
})

for (const host of ['127.0.0.1', '::1']) {
  test(`localhost, when it is back on ${host} alone`, async (context) => {
    const port = await closedPort(host).catch(() => undefined)
    context.skip(port === undefined, 'this machine has no IPv6')
    const lookup = ((_name, { all }, callback) => {
      const both = [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]
      if (all === true) (callback as (error: null, found: object[]) => void)(null, both)
      else callback(null, host, host === '::1' ? 6 : 4)
    }) as LookupFunction
    const { sent } = await setupOutage({ url: `http://localhost:${port}/v1/traces`, httpAgentOptions: { lookup } })
    const { server } = setupServer()
    server.listen(port, host)
    expect((await sent).exported).toBe(1)
  })
}

test('an IPv6 address', async (context) => {
  const port = await closedPort('::1').catch(() => undefined)
  context.skip(port === undefined, 'this machine has no IPv6')
  const { sent } = await setupOutage({ url: `http://[::1]:${port}/v1/traces` })
  const { server } = setupServer()
  server.listen(port, '::1')
  expect((await sent).exported).toBe(1)
})

test('a name that does not resolve, and then does', async () => {
  const sink = await setupSink()
  let isKnown = false
  const lookup = ((name, { all }, callback) => {
    if (!isKnown) callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), '', 4)
    else if (all === true) (callback as (error: null, found: object[]) => void)(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  }) as LookupFunction
  const url = `http://collector.test:${new URL(sink.url).port}/v1/traces`
  const { sent } = await setupOutage({ url, httpAgentOptions: { lookup } })
  isKnown = true
  expect((await sent).exported).toBe(1)
})

test('nothing is left after a shutdown in the outage', async () => {
  const port = await closedPort()
  const handles = openHandles().length
  const { sent, transport, within } = await setupOutage({ url: `http://127.0.0.1:${port}/v1/traces` })
  await transport.shutdown(within(5000))
  expect((await sent).failed).toEqual({ connection: 1 })
  await until(() => openHandles().length <= handles)
})

/** An outage whose bare connections are only counted, on a clock that stands still. They come about once `isOpen` is set. */
async function setupCounted(options: OTLPTraceExporterOptions) {
  const clock = new FakeClock()
  const probe = { attempts: 0, isOpen: false }
  const connect = async (): Promise<boolean> => {
    probe.attempts += 1
    return probe.isOpen
  }
  const transport = setupTransport({ ...PATIENT, ...options }, { clock, random: () => 0, connect })
  onTestFinished(() => {
    // So that the shutdown of the transport does not wait for a clock that stands still.
    void clock.advance(HOUR)
  })
  return { ...transport, clock, probe }
}

test('a bare connection every 250 ms, one that comes about ends them, and none is a request', async () => {
  const port = await closedPort()
  const { send, clock, probe, counts, changes } = await setupCounted({ url: `http://127.0.0.1:${port}/v1/traces` })
  const sent = send()
  await until(() => changes.length === 1)
  await clock.advance(60_000)
  expect([probe.attempts, counts.attempts]).toEqual([240, 1])
  await setupSink({ port })
  probe.isOpen = true
  await clock.advance(250)
  expect((await sent).exported).toBe(1)
  await clock.advance(60_000)
  expect([probe.attempts, counts.attempts]).toEqual([241, 2])
})

test('a connection that did not come about by the deadline counts as well', async (context) => {
  const hole = await startBlackHole()
  context.skip(hole === undefined, 'this kernel accepts connections beyond the backlog')
  onTestFinished(() => hole?.close())
  const { send, clock, probe } = await setupCounted({ url: hole?.url, timeoutMillis: 1000 })
  const first = send()
  await clock.advance(1000)
  expect((await first).failed).toEqual({ timeout: 1 })
  expect(probe.attempts).toBe(0)
  // It connects itself, so nothing else does.
  const second = send()
  await clock.advance(750)
  expect(probe.attempts).toBe(0)
  await clock.advance(250)
  expect((await second).failed).toEqual({ timeout: 1 })
  await clock.advance(250)
  expect(probe.attempts).toBe(1)
})

test('after a shutdown no bare connection follows, though its last request could not connect either', async () => {
  const port = await closedPort()
  const { send, clock, probe, changes, counts, transport } = await setupCounted({ url: `http://127.0.0.1:${port}/v1/traces` })
  const sent = send()
  await until(() => changes.length === 1)
  await clock.advance(250)
  const shutdown = transport.shutdown({ at: Infinity })
  expect((await sent).failed).toEqual({ connection: 1 })
  await shutdown
  await clock.advance(10_000)
  expect([probe.attempts, counts.attempts]).toEqual([1, 2])
  expect(clock.ownTimers).toBe(0)
})

/** What accepts connections, and what it then does to them. */
const ACCEPTING: [name: string, serve: (socket: Socket) => unknown, protocol: 'http' | 'https'][] = [
  ['breaks it', (socket) => socket.resetAndDestroy(), 'http'],
  ['breaks it in the handshake', (socket) => socket.once('data', () => socket.destroy()), 'https'],
  ['is busy', (socket) => socket.once('data', () => socket.end('HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n')), 'http'],
  ['never answers the handshake', (socket) => socket.resume(), 'https'],
]

for (const [name, serve, protocol] of ACCEPTING) {
  test(`a backend that accepts the connection and ${name} is not looked for`, async () => {
    let received = 0
    const server = createServer((socket) => {
      socket.on('error', () => {}).on('data', () => void (received += 1))
      serve(socket)
    })
    const url = `${protocol}://127.0.0.1:${await listen(server)}/v1/traces`
    const { send, clock, probe, changes } = await setupCounted({ url, timeoutMillis: 10_000 })
    void send()
    if (name.startsWith('never')) {
      await until(() => received > 0)
      await clock.advance(10_000)
      void send()
    }
    await until(() => changes.length === 1)
    await clock.advance(5000)
    expect(probe.attempts).toBe(0)
  })
}

test("through the application's dispatcher no bare connection is opened", async () => {
  const port = await closedPort()
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.destroy())
  const clock = new FakeClock()
  const options = { ...PATIENT, url: `http://127.0.0.1:${port}/`, dispatcher }
  const { send, changes } = setupTransport(options, { clock })
  void send()
  await until(() => changes.length === 1)
  const server = createServer()
  let connections = 0
  server.on('connection', () => void (connections += 1))
  await once(server.listen(port, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  await clock.advance(10_000)
  expect(connections).toBe(0)
})
