// SPDX-License-Identifier: Apache-2.0
import { Agent as HttpsAgent } from 'node:https'
import * as zlib from 'node:zlib'
import { captureDiag, logTo, said } from '@spanring/test-kit/diag'
import fc from 'fast-check'
import { Agent } from 'undici'
import { expect, test } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { resolveOptions } from '../../src/config/settings.js'

const MIB = 2 ** 20

test('an environment that may not be read is an empty one', () => {
  const get = (): never => {
    throw new Error('NotCapable: Requires env access, run again with the --allow-env flag')
  }
  expect(resolveOptions({}, new Proxy({}, { get }))).toEqual(resolveOptions({}, {}))
})

test('without options and environment the defaults are those of the specification', async () => {
  const lines = captureDiag()
  expect(resolveOptions({}, {})).toEqual({
    endpoint: {
      origin: 'http://localhost:4318',
      path: '/v1/traces',
      printable: 'http://localhost:4318/v1/traces',
      serverAddress: 'localhost',
      serverPort: 4318,
      authorization: undefined,
    },
    headers: {},
    headersFunction: undefined,
    protocol: 'http/protobuf',
    contentType: 'application/x-protobuf',
    compression: 'none',
    timeoutMillis: 10_000,
    concurrencyLimit: 30,
    keepAlive: true,
    userAgent: '',
    tls: {},
    socket: {},
    dispatcher: undefined,
    socketPath: undefined,
    proxy: undefined,
    retry: { maxAttempts: Infinity, initialBackoffMillis: 1000, maxBackoffMillis: 5000, multiplier: 1.5, jitter: true },
    maxRequestBytes: 64 * MIB,
    maxResponseBytes: 4 * MIB,
    maxBufferedBytes: 64 * MIB,
    maxStoredMillis: 600_000,
    spool: undefined,
    worker: undefined,
    exitFlushMillis: 500,
  })
  expect(await said(lines)).toEqual([])
})

test('undefined, null and an empty variable mean that nothing was given', async () => {
  const lines = captureDiag()
  const names = [
    'url',
    'headers',
    'compression',
    'timeoutMillis',
    'concurrencyLimit',
    'keepAlive',
    'userAgent',
    'httpAgentOptions',
  ]
  const more = [
    'protocol',
    'tls',
    'dispatcher',
    'socketPath',
    'proxy',
    'retry',
    'maxRequestBytes',
    'maxResponseBytes',
    'maxBufferedBytes',
  ]
  const variables = [
    'ENDPOINT',
    'HEADERS',
    'TIMEOUT',
    'COMPRESSION',
    'PROTOCOL',
    'CERTIFICATE',
    'CLIENT_KEY',
    'CLIENT_CERTIFICATE',
  ]
  const env = Object.fromEntries(
    variables.flatMap((name) => [`OTEL_EXPORTER_OTLP_${name}`, `OTEL_EXPORTER_OTLP_TRACES_${name}`].map((key) => [key, ' '])),
  )
  for (const value of [undefined, null]) {
    const options = Object.fromEntries([...names, ...more].map((name) => [name, value]))
    expect(resolveOptions(options as OTLPTraceExporterOptions, env)).toEqual(resolveOptions({}, {}))
  }
  expect(await said(lines)).toEqual([])
})

test('code beats the variable for traces, which beats the general one', () => {
  const general = {
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  }
  expect(resolveOptions({}, general)).toMatchObject({ timeoutMillis: 1000, compression: 'gzip', protocol: 'http/json' })
  const specific = {
    ...general,
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2000',
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
  }
  expect(resolveOptions({}, specific)).toMatchObject({ timeoutMillis: 2000, compression: 'none', protocol: 'http/protobuf' })
  const options = { timeoutMillis: 3000, compression: 'gzip', protocol: 'http/json' } as const
  expect(resolveOptions(options, specific)).toMatchObject(options)
})

test('0 means no limit, in code and in the environment', () => {
  expect(resolveOptions({ timeoutMillis: 0 }, {}).timeoutMillis).toBe(Infinity)
  expect(resolveOptions({}, { OTEL_EXPORTER_OTLP_TIMEOUT: '0' }).timeoutMillis).toBe(Infinity)
})

test('a number may be given as a string, and an empty one is unset', () => {
  const options = { timeoutMillis: '5000', concurrencyLimit: ' 7 ', maxBufferedBytes: '' } as never
  expect(resolveOptions(options, {})).toMatchObject({ timeoutMillis: 5000, concurrencyLimit: 7, maxBufferedBytes: 64 * MIB })
  expect(resolveOptions({ timeoutMillis: '' as never }, { OTEL_EXPORTER_OTLP_TIMEOUT: '7' }).timeoutMillis).toBe(7)
})

test('a value out of range is warned about once, by name, and the nearest one or the next source is used', async () => {
  const cases: [OTLPTraceExporterOptions, Record<string, string>, object, RegExp][] = [
    [{ timeoutMillis: -1 }, {}, { timeoutMillis: 10_000 }, /timeoutMillis is -1; must be an integer from 0 to 2147483647/],
    [{ timeoutMillis: Number.NaN }, { OTEL_EXPORTER_OTLP_TIMEOUT: '7' }, { timeoutMillis: 7 }, /timeoutMillis is NaN/],
    [
      {},
      { OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '10s', OTEL_EXPORTER_OTLP_TIMEOUT: '7' },
      { timeoutMillis: 7 },
      /TRACES_TIMEOUT is "10s"/,
    ],
    [{ concurrencyLimit: 0 }, {}, { concurrencyLimit: 30 }, /concurrencyLimit is 0/],
    [{ maxRequestBytes: Infinity }, {}, { maxRequestBytes: 64 * MIB }, /maxRequestBytes is Infinity/],
    [
      { maxRequestBytes: 9000, maxBufferedBytes: 8000 },
      {},
      { maxRequestBytes: 8000, maxBufferedBytes: 8000 },
      /maxRequestBytes is 9000, but maxBufferedBytes is only 8000, so no request is larger/,
    ],
    [{ concurrencyLimit: 5000 }, {}, { concurrencyLimit: 1024 }, /concurrencyLimit is 5000; .* using 1024/],
    [{ timeoutMillis: 0.5 }, {}, { timeoutMillis: 1 }, /timeoutMillis is 0.5; .* using 1$/],
    [{ timeoutMillis: 'soon' as never }, {}, { timeoutMillis: 10_000 }, /timeoutMillis is "soon"; .* not used/],
    [
      {},
      { OTEL_EXPORTER_OTLP_TIMEOUT: '3000000000' },
      { timeoutMillis: 2 ** 31 - 1 },
      /TIMEOUT is "3000000000"; .* using 2147483647/,
    ],
    [{ maxResponseBytes: 1.5 }, {}, { maxResponseBytes: 2 }, /maxResponseBytes is 1.5/],
    [
      { retry: { multiplier: 0.5 } },
      {},
      { retry: { multiplier: 1 } },
      /retry.multiplier is 0.5; must be a number from 1 to 100; using 1/,
    ],
    [{ keepAlive: 'no' as never }, {}, { keepAlive: true }, /keepAlive is "no"/],
    [
      { protocol: 'grpc' as never },
      {},
      { protocol: 'http/protobuf' },
      /protocol is "grpc"; must be one of http\/protobuf, http\/json/,
    ],
    [{}, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, { protocol: 'http/protobuf' }, /OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"/],
    [{ compression: 'br' as never }, {}, { compression: 'none' }, /compression is "br"/],
    [{ userAgent: 'a\r\nb' }, {}, { userAgent: '' }, /userAgent must be printable ASCII/],
    [{ httpAgentOptions: () => ({}) }, {}, {}, /httpAgentOptions is a function/],
    [{ httpAgentOptions: new HttpsAgent({ ca: 'hush' }) as never }, {}, { tls: {} }, /httpAgentOptions is an agent/],
    [{ dispatcher: {} as never }, {}, { dispatcher: undefined }, /dispatcher has no method dispatch/],
    [{ socketPath: 7 as never }, {}, { socketPath: undefined }, /socketPath is 7/],
    [{ tls: 7 as never }, {}, { tls: {} }, /tls must be an object/],
    [{ httpAgentOptions: 7 as never }, {}, {}, /httpAgentOptions must be an object/],
    [{ httpAgentOptions: { maxSockets: 'no' } }, {}, { concurrencyLimit: 30 }, /httpAgentOptions.maxSockets is "no"/],
    [{ socketPath: '/s', proxy: 'http://p' }, {}, { proxy: undefined }, /proxy has no effect: socketPath is used instead/],
  ]
  for (const [options, env, expected, warning] of cases) {
    const lines = captureDiag()
    expect(resolveOptions(options, env)).toMatchObject(expected)
    expect(await said(lines)).toEqual([expect.stringMatching(warning)])
  }
})

test('zstd is taken where Node.js has it', async () => {
  const lines = captureDiag()
  const { compression } = resolveOptions({ compression: 'zstd' }, {})
  expect(compression).toBe('zstdCompress' in zlib ? 'zstd' : 'none')
  expect((await said(lines)).length).toBe('zstdCompress' in zlib ? 0 : 1)
})

test('agent options of the stock exporter are honoured where there is something to honour', () => {
  const httpAgentOptions = { keepAlive: false, maxSockets: 4, keepAliveMsecs: 7, ca: 'ca', rejectUnauthorized: false }
  const settings = resolveOptions({ httpAgentOptions, tls: { ca: 'mine' } }, {})
  expect(settings).toMatchObject({ keepAlive: false, concurrencyLimit: 4, tls: { ca: 'mine', rejectUnauthorized: false } })
  expect(resolveOptions({ httpAgentOptions: { maxSockets: Infinity } }, {}).concurrencyLimit).toBe(30)
  expect(resolveOptions({ httpAgentOptions: { maxTotalSockets: 3 } }, {}).concurrencyLimit).toBe(3)
  expect(resolveOptions({ httpAgentOptions, keepAlive: true }, {}).keepAlive).toBe(true)
})

test('what a dispatcher of the application does its own way is named', async () => {
  const lines = captureDiag()
  const ours = { keepAlive: true, socketPath: '/s', proxy: 'http://p', tls: { ca: 'x' }, httpAgentOptions: { keepAlive: true } }
  const settings = resolveOptions({ dispatcher: new Agent(), ...ours }, { OTEL_EXPORTER_OTLP_CERTIFICATE: '/not/needed' })
  expect(settings).toMatchObject({ tls: {}, socket: {}, proxy: undefined })
  expect(await said(lines)).toEqual([
    expect.stringContaining(
      'keepAlive, socketPath, proxy, httpAgentOptions.keepAlive have no effect: the dispatcher makes the connections',
    ),
    expect.stringContaining('tls.ca has no effect: the dispatcher makes the connections'),
  ])
})

test('no options and no environment make it throw', () => {
  const names = Object.keys(resolveOptions({}, {})).filter((name) => name !== 'endpoint')
  const name = fc.constantFrom(...names, 'url', 'httpAgentOptions')
  const variable = fc
    .constantFrom('ENDPOINT', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'PROTOCOL', 'CERTIFICATE')
    .map((text) => `OTEL_EXPORTER_OTLP_${text}`)
  captureDiag()
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.anything()),
      fc.dictionary(variable, fc.string()),
      (options: OTLPTraceExporterOptions, env) => {
        const settings = resolveOptions(options, env)
        expect(settings.timeoutMillis).toBeGreaterThan(0)
        expect(settings.endpoint.origin).toMatch(/^https?:/)
      },
    ),
  )
})

test("a logger that throws is the application's own affair", () => {
  logTo(() => {
    throw new Error('logger')
  })
  expect(resolveOptions({ timeoutMillis: -1 }, {}).timeoutMillis).toBe(10_000)
})

test('the default of maxRequestBytes gives way to maxBufferedBytes without a word, and is there when that is larger', async () => {
  const lines = captureDiag()
  expect(resolveOptions({ maxBufferedBytes: 1000 }, {}).maxRequestBytes).toBe(1000)
  expect(resolveOptions({ maxBufferedBytes: 100 * MIB }, {}).maxRequestBytes).toBe(64 * MIB)
  expect(await said(lines)).toEqual([])
})
