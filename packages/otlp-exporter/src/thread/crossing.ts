// SPDX-License-Identifier: Apache-2.0
import { getDefaultResultOrder, setDefaultResultOrder } from 'node:dns'
// The modules themselves, and not their names: defaults are set on them.
import net from 'node:net'
import tls from 'node:tls'
import type { SecureVersion } from 'node:tls'
import type { TransportSettings } from '../transport/transport-settings.js'

/** The settings of the transport that runs in the export thread. */
export type ThreadSettings = Omit<TransportSettings, 'headersFunction' | 'dispatcher'>

/** Defaults for connections. The application or the command line may have changed them, and each thread has its own. */
export interface NetworkDefaults {
  readonly resultOrder: string
  readonly autoSelectFamily: boolean | undefined
  readonly attemptTimeoutMillis: number | undefined
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion
  readonly ciphers: string
  readonly ecdhCurve: string
}

/** A setting that cannot be given to another thread. */
export interface Obstacle {
  readonly option: string
  readonly what: string
}

/** Functions that Node.js 20 has and older type declarations lack. */
const family = net as {
  getDefaultAutoSelectFamily?(): boolean
  setDefaultAutoSelectFamily?(value: boolean): void
  getDefaultAutoSelectFamilyAttemptTimeout?(): number
  setDefaultAutoSelectFamilyAttemptTimeout?(millis: number): void
}
const tlsDefaults = tls as { -readonly [K in keyof typeof tls]: (typeof tls)[K] }

/**
 * The first setting that cannot be given to another thread, because it is or contains a function or an object of the
 * application; undefined if all of them can. A function that makes headers is no obstacle: it is called in the application's
 * thread.
 */
export function obstacleOf({ dispatcher, tls: ofTls, socket }: TransportSettings): Obstacle | undefined {
  if (dispatcher !== undefined) return { option: 'dispatcher', what: 'an object of the application' }
  for (const [option, value] of [...Object.entries(ofTls), ...Object.entries(socket)]) {
    const what = guardedWhyNot(value)
    if (what !== undefined) return { option, what }
  }
  return undefined
}

/** Reading a foreign object may throw, for example a revoked proxy. */
function guardedWhyNot(value: unknown): string | undefined {
  try {
    return whyNot(value)
  } catch {
    return 'an object that cannot be read'
  }
}

export function threadSettings(settings: TransportSettings): ThreadSettings {
  return {
    endpoint: settings.endpoint,
    headers: settings.headers,
    contentType: settings.contentType,
    compression: settings.compression,
    timeoutMillis: settings.timeoutMillis,
    concurrencyLimit: settings.concurrencyLimit,
    keepAlive: settings.keepAlive,
    userAgent: settings.userAgent,
    tls: settings.tls,
    socket: settings.socket,
    socketPath: settings.socketPath,
    proxy: settings.proxy,
    retry: settings.retry,
    maxStoredMillis: settings.maxStoredMillis,
    spool: settings.spool,
    maxRequestBytes: settings.maxRequestBytes,
    maxResponseBytes: settings.maxResponseBytes,
  }
}

/** The defaults of the application's thread, in which this is called. */
export function networkDefaults(): NetworkDefaults {
  return {
    resultOrder: getDefaultResultOrder(),
    autoSelectFamily: family.getDefaultAutoSelectFamily?.(),
    attemptTimeoutMillis: family.getDefaultAutoSelectFamilyAttemptTimeout?.(),
    minVersion: tls.DEFAULT_MIN_VERSION,
    maxVersion: tls.DEFAULT_MAX_VERSION,
    ciphers: tls.DEFAULT_CIPHERS,
    ecdhCurve: tls.DEFAULT_ECDH_CURVE,
  }
}

/** Called in the export thread, so that its connections are made as the application's own would be. */
export function adoptNetworkDefaults(defaults: NetworkDefaults): void {
  setDefaultResultOrder(defaults.resultOrder as Parameters<typeof setDefaultResultOrder>[0])
  if (defaults.autoSelectFamily !== undefined) family.setDefaultAutoSelectFamily?.(defaults.autoSelectFamily)
  if (defaults.attemptTimeoutMillis !== undefined)
    family.setDefaultAutoSelectFamilyAttemptTimeout?.(defaults.attemptTimeoutMillis)
  tlsDefaults.DEFAULT_MIN_VERSION = defaults.minVersion
  tlsDefaults.DEFAULT_MAX_VERSION = defaults.maxVersion
  tlsDefaults.DEFAULT_CIPHERS = defaults.ciphers
  tlsDefaults.DEFAULT_ECDH_CURVE = defaults.ecdhCurve
}

/**
 * Why a value cannot be given to another thread. The clone of an instance loses its class, so only plain values pass: primitives,
 * arrays and plain objects of them, and bytes. `outer` are the objects that contain the value.
 */
function whyNot(value: unknown, outer: readonly unknown[] = []): string | undefined {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || outer.includes(value)) return undefined
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return 'an object of the application'
  const inner = [...outer, value]
  for (const part of Object.values(value)) {
    const what = whyNot(part, inner)
    if (what !== undefined) return what
  }
  return undefined
}
