// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeCertificate, makeExpiredCrl } from './certificates.js'
import { setupTlsServer } from './setup-tls-server.js'
import { setupTransport } from './setup-transport.js'

const authority = makeCertificate('test authority')
const stranger = makeCertificate('another authority')
const server = makeCertificate('server', authority)
const client = makeCertificate('client', authority)

/** By its address, which the certificate names as well. */
function setupServer(options: ServerOptions = {}) {
  return setupTlsServer({ cert: server.cert, key: server.key, ...options }, '127.0.0.1')
}

function files<N extends string>(contents: Record<N, string>): Record<N, string> {
  const dir = mkdtempSync(join(tmpdir(), 'spanring-tls-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const paths = Object.entries<string>(contents).map(([name, content]) => {
    writeFileSync(join(dir, name), content)
    return [name, join(dir, name)]
  })
  return Object.fromEntries(paths) as Record<N, string>
}

test('an authority from options is trusted, and the connection is kept', async () => {
  const { url, connections } = await setupServer()
  for (const options of [{ tls: { ca: authority.cert } }, { httpAgentOptions: { ca: authority.cert, maxSockets: 4 } }]) {
    const { send } = setupTransport({ url, ...options })
    for (let count = 0; count < 3; count++) expect((await send()).exported).toBe(1)
  }
  expect(connections.count).toBe(2)
})

test('a certificate of another authority is refused at once, and the error says so', async () => {
  const { url, requests } = await setupServer()
  for (const tls of [{}, { ca: stranger.cert }]) {
    const { send, counts } = setupTransport({ url, tls })
    const { failed, error } = await send()
    expect(failed).toEqual({ certificate: 1 })
    expect(error?.message).toMatch(/certificate refused: .*(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT)/)
    expect(counts.attempts).toBe(1)
  }
  expect(requests).toEqual([])
})

test('a certificate for another name is refused, unless that name is asked for', async () => {
  const { url } = await setupServer()
  const wrong = setupTransport({ url, tls: { ca: authority.cert, servername: 'elsewhere.test' } })
  const { failed, error } = await wrong.send()
  expect(failed).toEqual({ certificate: 1 })
  expect(error?.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
  const right = setupTransport({ url, tls: { ca: authority.cert, servername: 'collector.test' } })
  expect((await right.send()).exported).toBe(1)
})

test('rejectUnauthorized: false trusts anything', async () => {
  const { url } = await setupServer()
  const { send } = setupTransport({ url, httpAgentOptions: { rejectUnauthorized: false } })
  expect((await send()).exported).toBe(1)
})

test('a client certificate from options, and from files', async () => {
  const { url, requests } = await setupServer({ requestCert: true, rejectUnauthorized: true, ca: authority.cert })
  const fromOptions = setupTransport({ url, tls: { ca: authority.cert, cert: client.cert, key: client.key } })
  expect((await fromOptions.send()).exported).toBe(1)

  const { ca, cert, key } = files({ ca: authority.cert, cert: client.cert, key: client.key })
  const env = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: ca,
    OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: cert,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: key,
  }
  const fromFiles = setupTransport({ url }, { env })
  expect((await fromFiles.send()).exported).toBe(1)
  // Agent options do not lose the files for the rest.
  const mixed = setupTransport({ url, httpAgentOptions: { keepAlive: true, ca: authority.cert } }, { env })
  expect((await mixed.send()).exported).toBe(1)
  expect(requests.map(({ client: name }) => name)).toEqual(['client', 'client', 'client'])
})

test('a server that wants a client certificate and gets none is an outage', async () => {
  const { url } = await setupServer({ requestCert: true, rejectUnauthorized: true, ca: authority.cert })
  const { send } = setupTransport({ url, tls: { ca: authority.cert }, retry: { maxAttempts: 1 } })
  expect((await send()).failed).toEqual({ connection: 1 })
})

test('TLS settings that cannot be used fail the batch at once and throw nowhere', async () => {
  const { url } = await setupServer()
  const ca = authority.cert
  for (const [tls, says] of [
    [{ ca, cert: 'no certificate', key: 'no key' }, 'ERR_OSSL_'],
    [{ ca, cert: client.cert, key: server.key }, 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'],
    [{ ca, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, 'ERR_SSL_NO_PROTOCOLS_AVAILABLE'],
    [{ ca, ciphers: 'nonsense' }, 'ERR_SSL_NO_CIPHER_MATCH'],
    [{ ca, ecdhCurve: 'nonsense' }, 'ERR_CRYPTO_'],
    [{ ca, minVersion: 'TLSv9' as 'TLSv1.2' }, 'TLSv9'],
  ] as const) {
    const { send, counts, changes } = setupTransport({ url, tls, timeoutMillis: 1000 })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { failed, error } = await send()
    expect([says, failed, counts.attempts, changes]).toEqual([says, { invalid_request: 1 }, 1, []])
    expect(error?.message).toContain(says)
    expect(error?.message).toMatch(/^.+: TLS options cannot be used: .+$/)
    expect(error?.message).not.toContain('no key')
  }
})

test('a list of revoked certificates that has expired is no outage', async () => {
  const { url } = await setupServer()
  const tls = { ca: authority.cert, crl: makeExpiredCrl(authority) }
  const { send, counts, changes } = setupTransport({ url, tls, timeoutMillis: 1000 })
  const { failed, error } = await send()
  expect([failed, counts.attempts, changes]).toEqual([{ certificate: 1 }, 1, []])
  expect(error?.message).toContain('certificate refused: CRL has expired (CRL_HAS_EXPIRED)')
})

test('a certificate that is refused is no answer: a backend that was down is not up again', async () => {
  const listener = createServer({ cert: server.cert, key: server.key })
  const start = (port: number): Promise<void> => new Promise((resolve) => void listener.listen(port, '127.0.0.1', resolve))
  await start(0)
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  const retry = { initialBackoffMillis: 20, maxAttempts: 2 }
  const { send, changes } = setupTransport({ url: `https://127.0.0.1:${port}/v1/traces`, retry })
  expect((await send()).failed).toEqual({ connection: 1 })

  await start(port)
  onTestFinished(() => void listener.close())
  expect((await send()).failed).toEqual({ certificate: 1 })
  expect(changes.map(({ state }) => state)).toEqual(['down'])
})
