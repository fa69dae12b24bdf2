// SPDX-License-Identifier: Apache-2.0
import * as zlib from 'node:zlib'
import { INVALID_SETTING } from '@spanring/core'
import type { Dispatcher } from 'undici'
import { resolveConnectOptions } from './connect-options.js'
import { resolveEndpoint } from './endpoint.js'
import type { Endpoint } from './endpoint.js'
import { otlpVariables } from './environment.js'
import type { Environment } from './environment.js'
import { cleanHeaders, headersFromEnvironment } from './headers.js'
import type { HeaderTexts } from './headers.js'
import { describe, numberOf } from './numbers.js'
import type { Compression, OTLPTraceExporterOptions, Protocol, SocketOptions, TlsOptions } from './options.js'
import { resolveProxy } from './proxy.js'
import type { Proxy } from './proxy.js'
import { warnLater } from '../warn.js'

/** The options after validation: nothing behind this point sees a value out of range, or reads the environment. */
export interface Settings {
  readonly endpoint: Endpoint
  /** Names in lower case; from the URL, the environment and an object given as option. */
  readonly headers: HeaderTexts
  /** The option, when it is a function. */
  readonly headersFunction: (() => unknown) | undefined
  readonly protocol: Protocol
  readonly compression: Compression
  /** Infinity without a limit. */
  readonly timeoutMillis: number
  readonly concurrencyLimit: number
  readonly keepAlive: boolean
  /** Put before our own; empty without one. */
  readonly userAgent: string
  readonly tls: TlsOptions
  readonly socket: SocketOptions
  readonly dispatcher: Dispatcher | undefined
  readonly socketPath: string | undefined
  readonly proxy: Proxy | undefined
  readonly retry: RetrySettings
  /** No more than maxBufferedBytes. */
  readonly maxRequestBytes: number
  readonly maxResponseBytes: number
  readonly maxBufferedBytes: number
}

export interface RetrySettings {
  /** Infinity without a limit. */
  readonly maxAttempts: number
  readonly initialBackoffMillis: number
  readonly maxBackoffMillis: number
  readonly multiplier: number
  readonly jitter: boolean
}

/** Code beats the variable for traces, which beats the general one, which beats the default. Reads files; never throws. */
export function resolveOptions(options: OTLPTraceExporterOptions = {}, env: Environment = process.env): Settings {
  const endpoint = resolveEndpoint(options.url, env)
  const agent = agentOptionsOf(options.httpAgentOptions)
  const hasFunction = typeof options.headers === 'function'
  const socketPath = pathOf(options.socketPath ?? agent['socketPath'])
  const dispatcher = dispatcherOf(options.dispatcher)
  const timeoutMillis = numberOf('timeoutMillis', options.timeoutMillis, otlpVariables(env, 'TIMEOUT'))
  const way = { isTls: endpoint.origin.startsWith('https:'), hasDispatcher: dispatcher !== undefined, socketPath }
  const sources = [
    { name: 'tls', value: objectOf('tls', options.tls) },
    { name: 'httpAgentOptions', value: agent },
  ] as const
  if (dispatcher !== undefined) warnBesideDispatcher(options, agent)
  else if (socketPath !== undefined && options.proxy) warnLater('proxy has no effect: socketPath is connected to')
  const maxBufferedBytes = numberOf('maxBufferedBytes', options.maxBufferedBytes)
  return {
    endpoint,
    headers: {
      ...(endpoint.authorization === undefined ? {} : { authorization: endpoint.authorization }),
      ...headersFromEnvironment(env),
      ...(hasFunction ? {} : cleanHeaders(options.headers, 'headers', warnLater)),
    },
    headersFunction: hasFunction ? (options.headers as () => unknown) : undefined,
    protocol: choiceOf('protocol', PROTOCOLS, options.protocol, otlpVariables(env, 'PROTOCOL')),
    compression: choiceOf('compression', COMPRESSIONS, options.compression, otlpVariables(env, 'COMPRESSION')),
    timeoutMillis: timeoutMillis === 0 ? Infinity : timeoutMillis,
    concurrencyLimit: Math.min(
      numberOf('concurrencyLimit', options.concurrencyLimit),
      socketLimitOf('maxSockets', agent),
      socketLimitOf('maxTotalSockets', agent),
    ),
    keepAlive: flagOf('keepAlive', options.keepAlive ?? agent['keepAlive'], true),
    userAgent: userAgentOf(options.userAgent),
    ...resolveConnectOptions(sources, env, way),
    dispatcher,
    socketPath,
    // The way is given already; a proxy that the environment has for everything else is not on it.
    proxy: dispatcher === undefined && socketPath === undefined ? resolveProxy(options.proxy, endpoint, env) : undefined,
    retry: {
      maxAttempts: numberOf('retry.maxAttempts', options.retry?.maxAttempts),
      initialBackoffMillis: numberOf('retry.initialBackoffMillis', options.retry?.initialBackoffMillis),
      maxBackoffMillis: numberOf('retry.maxBackoffMillis', options.retry?.maxBackoffMillis),
      multiplier: numberOf('retry.multiplier', options.retry?.multiplier),
      jitter: flagOf('retry.jitter', options.retry?.jitter, true),
    },
    maxRequestBytes: requestBytesOf(options.maxRequestBytes, maxBufferedBytes),
    maxResponseBytes: numberOf('maxResponseBytes', options.maxResponseBytes),
    maxBufferedBytes,
  }
}

/** A request is held as encoded spans before it is sent. */
function requestBytesOf(option: unknown, maxBufferedBytes: number): number {
  const bytes = numberOf('maxRequestBytes', option)
  if (bytes > maxBufferedBytes && option === bytes)
    warnLater(`maxRequestBytes is ${bytes}, but maxBufferedBytes only ${maxBufferedBytes}: no request is larger than that`)
  return Math.min(bytes, maxBufferedBytes)
}

/** The first is the default. */
const PROTOCOLS = ['http/protobuf', 'http/json'] as const
const COMPRESSIONS: readonly [Compression, ...Compression[]] =
  'zstdCompress' in zlib ? ['none', 'gzip', 'zstd'] : ['none', 'gzip']

function choiceOf<T extends string>(
  name: string,
  choices: readonly [T, ...T[]],
  option: unknown,
  variables: readonly (readonly [string, string])[],
): T {
  const given = option === undefined || option === null ? [] : [[name, option] as const]
  const sources = [...given, ...variables]
  const first = sources.findIndex(([, value]) => choices.includes(value as T))
  const choice = first === -1 ? choices[0] : (sources[first]?.[1] as T)
  for (const [source, value] of first === -1 ? sources : sources.slice(0, first)) {
    warnLater(`${INVALID_SETTING} ${source} is ${describe(value)}; must be one of ${choices.join(', ')}; using ${choice}`)
  }
  return choice
}

function flagOf(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback
  if (typeof value === 'boolean') return value
  warnLater(`${INVALID_SETTING} ${name} is ${describe(value)}; must be true or false; using ${String(fallback)}`)
  return fallback
}

function userAgentOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return ''
  if (typeof value === 'string' && /^[\u0020-\u007e]+$/.test(value)) return value.trim()
  warnLater(`${INVALID_SETTING} userAgent must be printable ASCII; not used`)
  return ''
}

function pathOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value
  if (value !== undefined && value !== null)
    warnLater(`${INVALID_SETTING} socketPath is ${describe(value)}; must be a path; not used`)
  return undefined
}

function dispatcherOf(value: Dispatcher | undefined | null): Dispatcher | undefined {
  if (typeof value?.dispatch === 'function') return value
  if (value !== undefined && value !== null) warnLater(`${INVALID_SETTING} dispatcher has no method dispatch; not used`)
  return undefined
}

function agentOptionsOf(value: unknown): Readonly<Record<string, unknown>> {
  const isAgent = typeof (value as { addRequest?: unknown } | null | undefined)?.addRequest === 'function'
  if (typeof value !== 'function' && !isAgent) return objectOf('httpAgentOptions', value)
  const kind = isAgent ? 'an agent' : 'a function'
  warnLater(`httpAgentOptions is ${kind}, which cannot be honoured: give the options that an agent is made with, or a dispatcher`)
  return {}
}

function objectOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  if (value !== undefined && value !== null) warnLater(`${INVALID_SETTING} ${name} must be an object; not used`)
  return {}
}

/** An agent's limit of sockets; Infinity, its default, is none. */
function socketLimitOf(name: 'maxSockets' | 'maxTotalSockets', agent: Readonly<Record<string, unknown>>): number {
  const value = agent[name]
  if (value === undefined || value === null) return Infinity
  if (typeof value === 'number' && (value === Infinity || (Number.isInteger(value) && value > 0))) return value
  warnLater(`${INVALID_SETTING} httpAgentOptions.${name} is ${describe(value)}; must be an integer of 1 or more; not used`)
  return Infinity
}

/** The dispatcher has connections of its own, made as it likes; what was meant for ours must not be believed to hold. */
function warnBesideDispatcher(options: OTLPTraceExporterOptions, agent: Readonly<Record<string, unknown>>): void {
  const { keepAlive, socketPath } = options
  const proxy = options.proxy === false ? undefined : options.proxy
  const names = Object.entries({ keepAlive, socketPath, proxy }).flatMap(([name, value]) =>
    (value ?? undefined) === undefined ? [] : [name],
  )
  const ofAgent = ['keepAlive', 'socketPath'].filter((name) => (agent[name] ?? undefined) !== undefined)
  const given = [...names, ...ofAgent.map((name) => `httpAgentOptions.${name}`)]
  if (given.length === 0) return
  warnLater(`${given.join(', ')} ${given.length === 1 ? 'has' : 'have'} no effect: the dispatcher makes the connections`)
}
