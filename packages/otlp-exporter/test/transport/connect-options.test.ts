// SPDX-License-Identifier: Apache-2.0
// What is asked of a connection holds, or nothing is sent.
import type { LookupFunction } from 'node:net'
import { createSecureContext } from 'node:tls'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { makeCertificate } from './certificates.js'
import { setupProxy } from './setup-proxy.js'
import { setupTlsServer } from './setup-tls-server.js'
import { setupTransport } from './setup-transport.js'

const authority = makeCertificate('authority')
const stranger = makeCertificate('another authority')
const certificate = makeCertificate('server', authority)
const ca = authority.cert

const lookup = ((_name, { all }, callback) => {
  if (all === true) (callback as (error: null, found: object[]) => void)(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}) as LookupFunction

const headers = { authorization: 'Bearer hush' }
const REFUSING: [name: string, check: unknown][] = [
  ['returns an error', () => new Error('PIN MISMATCH')],
  [
    'throws',
    () => {
      throw new Error('PIN MISMATCH')
    },
  ],
  ['returns a promise', async () => undefined],
  ['is no function', 'PIN'],
]

for (const [name, checkServerIdentity] of REFUSING) {
  for (const option of ['tls', 'httpAgentOptions'] as const) {
    for (const isTunnelled of [false, true]) {
      test(`a checkServerIdentity of ${option} that ${name} stops everything${isTunnelled ? ', in a tunnel too' : ''}`, async () => {
        const { requests, connections, url, port } = await setupTlsServer(certificate)
        const proxy = isTunnelled ? (await setupProxy(port)).url : false
        const options = { url, headers, proxy, [option]: { ca, checkServerIdentity } } as OTLPTraceExporterOptions
        const { send, counts } = setupTransport(options)
        const { failed, error } = await send()
        expect({ failed, requests, attempts: counts.attempts, connections: connections.count }).toEqual({
          failed: { certificate: 1 },
          requests: [],
          attempts: 1,
          connections: 1,
        })
        expect(error?.message).toContain('checkServerIdentity: ')
      })
    }
  }
}

test('checkServerIdentity is asked on every connection, though Node.js asks nobody when a session is resumed', async () => {
  const { url, requests } = await setupTlsServer(certificate)
  let isPinned = true
  const hosts: string[] = []
  const checkServerIdentity = (host: string): Error | undefined => {
    hosts.push(host)
    return isPinned ? undefined : new Error('the pin was withdrawn')
  }
  const { send } = setupTransport({ url, keepAlive: false, tls: { ca, checkServerIdentity } })
  for (let count = 0; count < 3; count++) expect((await send()).exported).toBe(1)
  isPinned = false
  expect((await send()).failed).toEqual({ certificate: 1 })
  expect(hosts).toEqual(['localhost', 'localhost', 'localhost', 'localhost'])
  expect(requests.length).toBe(3)
})

test('a certificate that is not trusted is final behind a proxy too, whoever shows it', async () => {
  const { port, url, requests } = await setupTlsServer(certificate)
  const proxy = await setupProxy(port)
  const untrusted = setupTransport({ url, proxy: proxy.url, tls: { ca: stranger.cert } })
  const { failed, error } = await untrusted.send()
  expect(failed).toEqual({ certificate: 1 })
  expect(error?.message).toContain('no tunnel through the proxy')
  const elsewhere = setupTransport({ url, proxy: proxy.url, tls: { ca, servername: 'elsewhere.test' } })
  expect((await elsewhere.send()).failed).toEqual({ certificate: 1 })
  expect([untrusted.counts.attempts, elsewhere.counts.attempts, proxy.tunnels.length]).toEqual([1, 1, 2])

  // The proxy's own: nobody here has that authority.
  const ofProxy = setupTransport({ url, proxy: url, tls: { ca } })
  expect((await ofProxy.send()).failed).toEqual({ certificate: 1 })
  expect(ofProxy.counts.attempts).toBe(1)
  expect(requests).toEqual([])
})

test('settings of TLS that used to be dropped are obeyed', async () => {
  const { url, requests } = await setupTlsServer(certificate)
  const retry = { maxAttempts: 1 }
  for (const tls of [
    { crl: 'no list' },
    { sigalgs: 'RSA+SHA256' },
    { ecdhCurve: 'no curve' },
    { secureContext: createSecureContext({ ca: stranger.cert }) },
  ]) {
    const { send } = setupTransport({ url, retry, httpAgentOptions: { ca, ...tls } })
    expect((await send()).exported).toBe(0)
  }
  expect(requests).toEqual([])
  const { send } = setupTransport({ url, tls: { secureContext: createSecureContext({ ca }) } })
  expect((await send()).exported).toBe(1)
})

test('servername is asked for in place of the name in the URL', async () => {
  const { url } = await setupTlsServer(certificate)
  const names: string[] = []
  const checkServerIdentity = (host: string): undefined => void names.push(host)
  const { send } = setupTransport({ url, tls: { ca, servername: 'collector.test', checkServerIdentity } })
  expect((await send()).exported).toBe(1)
  expect(names).toEqual(['collector.test'])
})

test('lookup and localAddress are obeyed, with TLS, without it, and on the way to a proxy', async (context) => {
  context.skip(process.platform !== 'linux', 'only Linux has all of 127.0.0.0/8')
  const tlsServer = await setupTlsServer(certificate)
  const socket = { lookup, localAddress: '127.0.0.2' }
  const secure = setupTransport({ url: `https://collector.test:${tlsServer.port}/v1/traces`, tls: { ca, ...socket } })
  expect((await secure.send()).exported).toBe(1)
  expect(tlsServer.requests).toEqual([{ authorization: undefined, from: '127.0.0.2' }])

  const sink = await setupSink()
  const plain = setupTransport({ url: `http://collector.test:${new URL(sink.url).port}/v1/traces`, httpAgentOptions: socket })
  expect((await plain.send()).exported).toBe(1)

  const proxy = await setupProxy(tlsServer.port)
  const tunnelled = setupTransport({ url: tlsServer.url, proxy: `http://proxy.test:${proxy.port}`, tls: { ca, ...socket } })
  expect((await tunnelled.send()).exported).toBe(1)
  expect(proxy.tunnels).toEqual(['127.0.0.2'])
})

test('a lookup that fails, throws or is none fails its batch and nothing else', async () => {
  const bad: unknown[] = [
    'no function',
    () => {
      throw new Error('no')
    },
    (_name: string, _options: object, callback: (error: Error) => void) => callback(new Error('no')),
  ]
  for (const one of bad) {
    const { send } = setupTransport({ url: 'http://collector.test/', retry: { maxAttempts: 1 }, tls: { lookup: one } as never })
    expect((await send()).failed).toEqual({ connection: 1 })
  }
})
