// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { captureDiag, said } from '@spanring/test-kit/diag'
import { expect, onTestFinished, test } from 'vitest'
import { resolveConnectOptions } from '../../src/config/connect-options.js'

const DIRECT = { isTls: true, hasDispatcher: false, socketPath: undefined }

function resolve(tls: unknown, agent: unknown = {}, env: Record<string, string> = {}, way = {}) {
  const sources = [
    { name: 'tls', value: tls },
    { name: 'httpAgentOptions', value: agent },
  ] as const
  return resolveConnectOptions(sources, env, { ...DIRECT, ...way })
}

function file(content: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'spanring-tls-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'file.pem')
  writeFileSync(path, content)
  return path
}

test('files are read at once, those for traces first', () => {
  const env = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: file('general ca'),
    OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: file('traces ca'),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key'),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('cert'),
  }
  expect(resolve(undefined, {}, env).tls).toEqual({
    ca: Buffer.from('traces ca'),
    key: Buffer.from('key'),
    cert: Buffer.from('cert'),
  })
})

test('a setting comes from the first source that has it', async () => {
  const env = { OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca'), OTEL_EXPORTER_OTLP_CLIENT_KEY: '/not/needed' }
  const lines = captureDiag()
  const { tls } = resolve({ key: 'mine', servername: undefined }, { key: 'theirs', servername: 'name' }, env)
  expect(tls).toEqual({ key: 'mine', servername: 'name', ca: Buffer.from('ca') })
  const unread = { OTEL_EXPORTER_OTLP_CLIENT_KEY: '/not/needed' }
  expect(resolve({ pfx: 'bundle' }, {}, unread).tls).toEqual({ pfx: 'bundle' })
  expect(resolve({ secureContext: 'all of it' }, {}, unread).tls).toEqual({ secureContext: 'all of it' })
  expect(await said(lines)).toEqual([])
})

test('a file that cannot be read is named with its variable, and the next one is used', async () => {
  const lines = captureDiag()
  const env = { OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: '/does/not/exist.pem', OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca') }
  expect(resolve({}, {}, env).tls).toEqual({ ca: Buffer.from('ca') })
  expect(await said(lines)).toEqual([
    'OTLPTraceExporter: [SPANRING_INVALID_SETTING] OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE names /does/not/exist.pem, which cannot be read (ENOENT); not used',
  ])
})

test('every option of tls.connect and net.connect is passed on, from either source', async () => {
  const lines = captureDiag()
  const names =
    'ca crl sigalgs ecdhCurve secureContext secureOptions secureProtocol pskCallback minDHSize session enableTrace ' +
    'allowPartialTrustChain privateKeyIdentifier privateKeyEngine honorCipherOrder'
  const tls = Object.fromEntries(names.split(' ').map((name) => [name, `${name} value`]))
  const socket = {
    lookup: () => {},
    localAddress: '127.0.0.2',
    localPort: 7,
    family: 4,
    hints: 1,
    autoSelectFamily: false,
    autoSelectFamilyAttemptTimeout: 9,
    noDelay: false,
    keepAliveInitialDelay: 5,
    highWaterMark: 8,
    blockList: {},
    typeOfService: 3,
  }
  expect(resolve({ ...tls, ...socket, keepAlive: false })).toEqual({ tls, socket: { ...socket, keepAlive: false } })
  expect(resolve({}, { ...tls, ...socket, keepAlive: true })).toEqual({ tls, socket })
  expect(resolve({}, { keepAliveMsecs: 7 }).socket).toEqual({ keepAliveInitialDelay: 7 })
  expect(await said(lines)).toEqual([])
})

test('undefined and null mean the default', async () => {
  const lines = captureDiag()
  const empty = { rejectUnauthorized: undefined, checkServerIdentity: null, ALPNProtocols: undefined, maxFreeSockets: null }
  expect(resolve(empty, empty)).toEqual({ tls: {}, socket: {} })
  expect(await said(lines)).toEqual([])
})

test('what is not honoured is named, one by one', async () => {
  const cases: [tls: object, agent: object, way: object, warnings: string[]][] = [
    [{ ALPNProtocols: ['h2'] }, {}, {}, ['tls.ALPNProtocols is not honoured: only HTTP/1.1 is supported']],
    [{ host: 'x', path: '/y' }, {}, {}, ['tls.host is not honoured: url', 'tls.path is not honoured: url']],
    [{}, { maxFreeSockets: 7 }, {}, ['httpAgentOptions.maxFreeSockets is not honoured: idle connections']],
    [{}, { scheduling: 'fifo' }, {}, ['httpAgentOptions.scheduling is not honoured: the connection']],
    [{}, { timeout: 7 }, {}, ['httpAgentOptions.timeout is not honoured: timeoutMillis']],
    [{}, { proxyEnv: {} }, {}, ['httpAgentOptions.proxyEnv is not honoured: see the option proxy']],
    [{ onread: {} }, {}, {}, ['tls.onread is not honoured: it has no use']],
    [{}, { checkServeridentity: 7 }, {}, ['httpAgentOptions.checkServeridentity is unknown; it is passed on unchanged']],
    [{ maxCachedSessions: -1 }, {}, {}, ['tls.maxCachedSessions must be an integer of 0 or more; not used']],
    [{ ca: 'x' }, { crl: 'y' }, { isTls: false }, ['tls.ca, httpAgentOptions.crl have no effect: the URL starts with http://']],
    [{ ca: 'x' }, { family: 4 }, { hasDispatcher: true }, ['tls.ca, httpAgentOptions.family have no effect: the dispatcher']],
    [{ lookup: () => {} }, {}, { socketPath: '/s' }, ['tls.lookup has no effect: socketPath is used instead']],
    [
      { checkServerIdentity: () => {}, session: 'x' },
      {},
      {},
      ['tls.session is not honoured: Node.js does not call checkServerIdentity'],
    ],
    [{ checkServerIdentity: () => {} }, { maxCachedSessions: 5 }, {}, ['httpAgentOptions.maxCachedSessions is not honoured']],
    [{ checkServerIdentity: () => {}, rejectUnauthorized: false }, {}, {}, ['tls.checkServerIdentity has no effect: reject']],
  ]
  for (const [tls, agent, way, warnings] of cases) {
    const lines = captureDiag()
    resolve(tls, agent, {}, way)
    expect(await said(lines)).toEqual(warnings.map((text) => expect.stringContaining(text)))
  }
})

test('what is wrong falls to the safe side, and its value is not shown', async () => {
  const lines = captureDiag()
  const { tls } = resolve({ rejectUnauthorized: 'hush', checkServerIdentity: 'hush' })
  expect(tls).toMatchObject({ rejectUnauthorized: true, maxCachedSessions: 0 })
  expect(tls.checkServerIdentity?.('host', {} as never)).toMatchObject({ code: 'ERR_TLS_CERT_REFUSED' })
  expect(await said(lines)).toEqual([
    expect.stringContaining('tls.rejectUnauthorized must be true or false; using true'),
    expect.stringContaining('tls.checkServerIdentity must be a function; every certificate is refused'),
  ])
  expect(lines.join()).not.toContain('hush')
})
