// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createNetServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from './certificates.js'
import { setupProxy } from './setup-proxy.js'
import { setupTlsServer } from './setup-tls-server.js'
import { settledWithin, setupTransport } from './setup-transport.js'

const BASIC = `Basic ${Buffer.from('user:pa$s').toString('base64')}`

function withCredentials(url: string): string {
  return url.replace('//', '//user:pa%24s@')
}

const authority = makeCertificate('authority')

test('plain HTTP goes through a proxy by its whole URL, over one connection, with credentials for the proxy alone', async () => {
  const sink = await setupSink()
  const proxy = await setupProxy(Number(new URL(sink.url).port))
  const url = 'http://collector.test:4318/v1/traces'
  const { send } = setupTransport({ url, headers: { 'x-key': 'k' } }, { env: { HTTP_PROXY: withCredentials(proxy.url) } })
  expect((await send(2)).exported).toBe(2)
  expect((await send(2)).exported).toBe(2)
  const line = `POST ${url}`
  expect(proxy.asked).toEqual(Array.from({ length: 2 }, () => ({ line, authorization: BASIC, key: 'k' })))
  expect(proxy.sockets.size).toBe(1)
  expect((await sink.stats()).lastHeaders).toMatchObject({ host: 'collector.test:4318', 'x-key': 'k' })
})

test('HTTPS goes through a tunnel, which is kept, and is destroyed with the transport', async () => {
  const { port } = await setupTlsServer(makeCertificate('server', authority))
  const proxy = await setupProxy(port)
  const options = { url: 'https://collector.test:4318/v1/traces', tls: { ca: authority.cert } }
  const { send, transport, within } = setupTransport(options, { env: { https_proxy: withCredentials(proxy.url) } })
  expect((await send(2)).exported).toBe(2)
  expect((await send(2)).exported).toBe(2)
  // The backend's headers are inside the tunnel.
  expect(proxy.asked).toEqual([{ line: 'CONNECT collector.test:4318', authorization: BASIC, key: undefined }])
  await transport.shutdown(within(1000))
  await until(() => proxy.sockets.size === 0)
})

test('a proxy that refuses or hangs up is an outage and no hot loop', async () => {
  for (const status of [407, 0]) {
    const proxy = await setupProxy(1, status)
    const { send } = setupTransport({
      url: 'https://collector.test/v1/traces',
      proxy: withCredentials(proxy.url),
      timeoutMillis: 400,
    })
    const { failed, error } = await settledWithin(400, () => send())
    expect(failed).toEqual({ connection: 1 })
    expect(error?.message).not.toMatch(/pa\$s|pa%24s/)
    expect(proxy.asked.length).toBeLessThan(6)
  }
})

test('a tunnel whose other end never answers ends with the deadline', async () => {
  const deaf = createNetServer((socket) => void socket.on('error', () => {}).resume())
  const proxy = await setupProxy(await listen(deaf))
  const { send } = setupTransport({
    url: 'https://collector.test/v1/traces',
    proxy: withCredentials(proxy.url),
    timeoutMillis: 200,
  })
  expect((await settledWithin(200, () => send())).failed).toEqual({ timeout: 1 })
  await until(() => proxy.sockets.size === 0)
})

test.skipIf(process.platform === 'win32')('a Unix domain socket takes the place of the host', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'spanring-socket-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const socketPath = join(dir, 'otlp.sock')
  const hosts: unknown[] = []
  const server = createServer((request, response) => {
    hosts.push(request.headers.host)
    request.resume().on('end', () => response.end())
  })
  await once(server.listen(socketPath), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { send } = setupTransport({ url: 'http://collector.test/v1/traces', socketPath })
  expect((await send(2)).exported).toBe(2)
  expect(hosts).toEqual(['collector.test'])
})

test('an IPv6 address is connected to', async (context) => {
  const server = createServer((request, response) => void request.resume().on('end', () => response.end()))
  const isListening = await new Promise<boolean>((resolve) => {
    server.on('error', () => resolve(false)).listen(0, '::1', () => resolve(true))
  })
  context.skip(!isListening, 'this machine has no IPv6')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const { send } = setupTransport({ url: `http://[::1]:${port}/v1/traces` })
  expect((await send()).exported).toBe(1)
})

test("the application's dispatcher sends everything, and outlives the transport", async () => {
  const sink = await setupSink()
  const dispatcher = new Agent({ connections: 1 })
  onTestFinished(() => dispatcher.destroy())
  const { send, transport, within } = setupTransport({ url: sink.url, dispatcher })
  expect((await send(2)).exported).toBe(2)
  await sink.script({ fault: 'never' }, { times: 1 })
  expect((await settledWithin(100, () => send(1, 100))).failed).toEqual({ timeout: 1 })
  expect((await settledWithin(1000, () => send(2))).exported).toBe(2)
  await transport.shutdown(within(100))
  expect(dispatcher.destroyed).toBe(false)
})

test('a dispatcher that is hung, throws, or is destroyed costs its batches and nothing else', async () => {
  const sink = await setupSink()
  const destroyed = new Agent()
  await destroyed.destroy()
  const throwing = Object.assign(new Agent(), {
    dispatch: () => {
      throw new Error('no')
    },
  })
  const hung = Object.assign(new Agent(), { dispatch: () => true })
  for (const dispatcher of [destroyed, throwing, hung]) {
    const { send, transport, within } = setupTransport({
      url: sink.url,
      dispatcher,
      timeoutMillis: 200,
      retry: { maxAttempts: 2 },
    })
    const { failed } = await settledWithin(200, () => send())
    expect(Object.keys(failed)[0]).toMatch(/^(connection|timeout)$/)
    await settledWithin(0, () => transport.shutdown(within(100)))
  }
})

test('the options of TLS are for the backend: a proxy is verified as Node.js does it', async () => {
  const proxy = await setupTlsServer(makeCertificate('proxy', authority))
  const { send } = setupTransport({
    url: 'http://collector.test/v1/traces',
    proxy: `https://127.0.0.1:${proxy.port}`,
    tls: { ca: authority.cert },
  })
  expect((await send()).failed).toEqual({ certificate: 1 })
  expect(proxy.requests).toEqual([])
})
