// SPDX-License-Identifier: Apache-2.0
import { getDefaultResultOrder, setDefaultResultOrder } from 'node:dns'
import net from 'node:net'
import tls from 'node:tls'
import { createSecureContext } from 'node:tls'
import { ProxyAgent } from 'undici'
import { expect, test } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { resolveOptions } from '../../src/config/settings.js'
import { adoptNetworkDefaults, networkDefaults, obstacleOf, threadSettings } from '../../src/thread/crossing.js'

class OfTheApplication {
  readonly value = 1
}

const OBSTACLES: [OTLPTraceExporterOptions, string, string][] = [
  [{ dispatcher: new ProxyAgent('http://127.0.0.1:1') }, 'dispatcher', 'an object of the application'],
  [{ tls: { checkServerIdentity: () => undefined } }, 'checkServerIdentity', 'a function'],
  [{ tls: { secureContext: createSecureContext() } }, 'secureContext', 'an object of the application'],
  [{ httpAgentOptions: { lookup: () => {} } }, 'lookup', 'a function'],
]

test.each(OBSTACLES)('%o cannot be given to another thread, and the option is named', (options, option, what) => {
  expect(obstacleOf(resolveOptions(options, {}))).toEqual({ option, what })
})

test('a function or an object of a class is found however deep it is', () => {
  const settings = resolveOptions({}, {})
  const inside = (value: unknown): unknown => obstacleOf({ ...settings, socket: { deep: [{ list: [1, value] }] } as object })
  expect(inside(() => {})).toEqual({ option: 'deep', what: 'a function' })
  expect(inside(Symbol('s'))).toEqual({ option: 'deep', what: 'a symbol' })
  expect(inside(new OfTheApplication())).toEqual({ option: 'deep', what: 'an object of the application' })
  expect(inside(new Map())).toEqual({ option: 'deep', what: 'an object of the application' })
})

test('values, lists, maps and bytes are no obstacle, and neither is a function that makes headers', () => {
  const options: OTLPTraceExporterOptions = {
    headers: async () => ({ authorization: 'secret' }),
    tls: { ca: [Buffer.from('a'), 'b'], rejectUnauthorized: false, pfx: [{ buf: Buffer.from('c'), passphrase: 'd' }] },
    httpAgentOptions: { localAddress: '127.0.0.1', family: 4, noDelay: true },
  }
  expect(obstacleOf(resolveOptions(options, {}))).toBeUndefined()
  const settings = resolveOptions({}, {})
  const plain = { none: undefined, nothing: null, big: 1n, bare: Object.create(null) as object, date: 'today' }
  expect(obstacleOf({ ...settings, tls: plain as object })).toBeUndefined()
})

test('an option that contains itself is no obstacle, because a clone of it does too', () => {
  const circle: Record<string, unknown> = { list: [] }
  circle['list'] = [circle, { circle }]
  expect(obstacleOf({ ...resolveOptions({}, {}), socket: { circle } as object })).toBeUndefined()
})

test('the settings of the thread are those of the transport but for what stays here, and can be cloned', () => {
  const options: OTLPTraceExporterOptions = {
    url: 'https://user:password@collector.example:4318/v1/traces?key=1',
    headers: { a: 'b' },
    compression: 'gzip',
    concurrencyLimit: 3,
    tls: { ca: [Buffer.from('a')] },
    httpAgentOptions: { family: 6 },
    proxy: 'http://name:secret@proxy.example:3128',
    retry: { maxAttempts: 2 },
    maxResponseBytes: 17,
  }
  const settings = resolveOptions(options, {})
  const { headersFunction, dispatcher, protocol, maxBufferedBytes, worker, exitFlushMillis, ...crossing } = settings
  expect({ headersFunction, dispatcher, worker }).toEqual({
    headersFunction: undefined,
    dispatcher: undefined,
    worker: undefined,
  })
  expect([protocol, maxBufferedBytes, exitFlushMillis]).not.toContain(undefined)
  expect(threadSettings(settings)).toEqual(crossing)
  const cloned = structuredClone(threadSettings(settings))
  expect({ ...cloned, tls: undefined }).toEqual({ ...crossing, tls: undefined })
})

test('network defaults that code of the application has changed are those of the thread', () => {
  const before = networkDefaults()
  try {
    setDefaultResultOrder(getDefaultResultOrder() === 'ipv4first' ? 'verbatim' : 'ipv4first')
    net.setDefaultAutoSelectFamily(!net.getDefaultAutoSelectFamily())
    net.setDefaultAutoSelectFamilyAttemptTimeout(1234)
    tls.DEFAULT_MIN_VERSION = 'TLSv1.3'
    tls.DEFAULT_CIPHERS = 'TLS_AES_256_GCM_SHA384'
    tls.DEFAULT_ECDH_CURVE = 'P-256'
    const changed = networkDefaults()
    for (const name of Object.keys(changed) as (keyof typeof changed)[]) {
      if (name !== 'maxVersion') expect(changed[name], name).not.toBe(before[name])
    }
    const crossed = structuredClone(changed)
    adoptNetworkDefaults(before)
    expect(networkDefaults()).toEqual(before)
    adoptNetworkDefaults(crossed)
    expect(networkDefaults()).toEqual(changed)
    expect(tls.DEFAULT_MIN_VERSION).toBe('TLSv1.3')
  } finally {
    adoptNetworkDefaults(before)
  }
})
