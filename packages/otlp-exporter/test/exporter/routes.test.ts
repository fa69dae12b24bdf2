// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { lookup } from 'node:dns'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeCertificate } from '../transport/certificates.js'
import { setupProxy } from '../transport/setup-proxy.js'
import { setupTlsServer } from '../transport/setup-tls-server.js'
import { hasThread, setupExporter } from './setup-exporter.js'

const authority = makeCertificate('test authority')
const server = makeCertificate('server', authority)
const client = makeCertificate('client', authority)
const MUTUAL = { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true, rejectUnauthorized: true }

function setupDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'spanring-routes-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

test.each([
  ['texts', (text: string): string | Buffer => text],
  ['bytes', (text: string): string | Buffer => Buffer.from(text)],
])('certificates and keys may be %s', async (_what, given) => {
  const { url, requests } = await setupTlsServer(MUTUAL)
  const tls = { ca: [given(authority.cert)], cert: given(client.cert), key: given(client.key) }
  const { exportSpans } = setupExporter({ url, tls, headers: { authorization: 'Bearer x' } })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  expect(requests).toEqual([expect.objectContaining({ authorization: 'Bearer x', client: 'client' })])
})

test('certificates and keys may be files that the environment names', async () => {
  const dir = setupDir()
  for (const [name, text] of Object.entries({
    CERTIFICATE: authority.cert,
    CLIENT_CERTIFICATE: client.cert,
    CLIENT_KEY: client.key,
  })) {
    writeFileSync(join(dir, name), text)
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, join(dir, name))
  }
  onTestFinished(() => void vi.unstubAllEnvs())
  const { url, requests } = await setupTlsServer(MUTUAL)
  const { exportSpans } = setupExporter({ url })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  expect(requests).toEqual([expect.objectContaining({ client: 'client' })])
})

test('a certificate that is refused stops the batch, and the error says why', async () => {
  const { url, requests } = await setupTlsServer({ cert: server.cert, key: server.key })
  const { exporter, exportSpans } = setupExporter({ url })
  const { error } = await exportSpans(3)
  expect(error).toMatchObject({ code: 'certificate' })
  expect(error?.message).toContain('certificate refused: ')
  expect(exporter.stats()).toMatchObject({ failed: { certificate: 3 }, requests: 1 })
  expect(requests).toEqual([])
})

test('a proxy is used, with its credentials', async () => {
  const sink = await setupSink()
  const proxy = await setupProxy(Number(new URL(sink.url).port))
  const url = 'http://collector.test:4318/v1/traces'
  const { exportSpans } = setupExporter({ url, proxy: proxy.url.replace('//', '//user:pass@') })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  const authorization = `Basic ${Buffer.from('user:pass').toString('base64')}`
  expect(proxy.asked).toEqual([{ line: `POST ${url}`, authorization, key: undefined }])
})

test('TLS goes through the tunnel of a proxy', async () => {
  const { port, requests } = await setupTlsServer(MUTUAL)
  const proxy = await setupProxy(port)
  const tls = { ca: authority.cert, cert: client.cert, key: client.key }
  const { exportSpans } = setupExporter({ url: 'https://collector.test:4318/v1/traces', tls, proxy: proxy.url })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT collector.test:4318'])
  expect(requests).toEqual([expect.objectContaining({ client: 'client' })])
})

test.skipIf(process.platform === 'win32')('a Unix domain socket takes the place of the host', async () => {
  const socketPath = join(setupDir(), 'otlp.sock')
  const hosts: unknown[] = []
  const listener = createServer((request, response) => {
    hosts.push(request.headers.host)
    request.resume().on('end', () => response.end())
  })
  await once(listener.listen(socketPath), 'listening')
  onTestFinished(() => {
    listener.closeAllConnections()
    listener.close()
  })
  const { exportSpans } = setupExporter({ url: 'http://collector.test/v1/traces', socketPath })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  expect(hosts).toEqual(['collector.test'])
})

test('an option that no other thread can be given is honoured all the same, and named in one warning', async () => {
  const lines = captureDiag()
  const sink = await setupSink()
  const names: string[] = []
  const ownLookup: typeof lookup = ((name: string, options: never, callback: never) => {
    names.push(name)
    lookup('127.0.0.1', options, callback)
  }) as never
  const { exporter, exportSpans } = setupExporter({
    url: sink.url.replace('127.0.0.1', 'collector.test'),
    tls: { lookup: ownLookup },
  })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  expect(names).toEqual(['collector.test'])
  expect(exporter.stats()).toMatchObject({ exported: 3, requests: 1 })
  expect(lines).toEqual(hasThread ? [expect.stringMatching(/\[SPANRING_EXPORT_THREAD\] .* lookup is a function and /)] : [])
})
