// SPDX-License-Identifier: Apache-2.0
// A backend that could not be connected to is found again by bare connections. Every back-off here takes an hour.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo, LookupFunction, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { makeCertificate } from './certificates.js'
import type { Certificate } from './certificates.js'
import { openHandles, setupTransport } from './setup-transport.js'

const HOUR = 3_600_000
const PATIENT = { timeoutMillis: 10 * HOUR, retry: { initialBackoffMillis: HOUR, maxBackoffMillis: HOUR, jitter: false } }

/** A port on which nobody listens. */
async function closedPort(host = '127.0.0.1'): Promise<number> {
  const server = createServer()
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

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
    expect(seen.connections).toBe(3 - 1)
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

test('nothing is left after the recovery, nor after a shutdown in the outage', async () => {
  const port = await closedPort()
  await until(() => openHandles().length === 0 || true)
  const handles = openHandles().length
  const { sent, transport, within } = await setupOutage({ url: `http://127.0.0.1:${port}/v1/traces` })
  await transport.shutdown(within(5000))
  expect((await sent).failed).toEqual({ connection: 1 })
  await until(() => openHandles().length <= handles)
})

test('what is accepted and then broken, or asks for a pause, is not probed', async () => {
  const broken = { connections: 0 }
  const server = createServer((socket) => {
    broken.connections += 1
    socket.on('error', () => {}).resetAndDestroy()
  })
  const port = await listen(server)
  const connects: unknown[] = []
  const connect = async (): Promise<boolean> => connects.push(1) > 0
  await setupOutage({ url: `http://127.0.0.1:${port}/v1/traces` }, { connect })
  const sink = await setupSink()
  await sink.script({ status: 503 })
  await setupOutage({ url: sink.url }, { connect })
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(connects).toEqual([])
})
