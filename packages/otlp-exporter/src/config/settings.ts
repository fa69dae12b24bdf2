// SPDX-License-Identifier: Apache-2.0
import * as zlib from 'node:zlib'
import { INVALID_SETTING } from '@spanring/core'
import type { Dispatcher } from 'undici'
import type { HeaderTexts, TransportSettings } from '../transport/transport-settings.js'
import { warnLater } from '../warn.js'
import { resolveConnectOptions } from './connect-options.js'
import { resolveEndpoint } from './endpoint.js'
import type { Endpoint } from './endpoint.js'
import { otlpVariables } from './environment.js'
import type { Environment } from './environment.js'
import { cleanHeaders, headersFromEnvironment } from './headers.js'
import { describe, numberOf } from './numbers.js'
import type { Compression, OTLPTraceExporterOptions, Protocol } from './options.js'
import { resolveProxy } from './proxy.js'
import { resolveSpool } from './spool.js'
import { resolveWorker } from './worker.js'
import type { WorkerSettings } from './worker.js'

/**
 * The options after validation: what the transport needs, and what the exporter itself needs. Code that gets these settings
 * never sees an invalid value, and never reads the environment.
 */
export interface Settings extends TransportSettings {
  readonly endpoint: Endpoint
  readonly protocol: Protocol
  /** At least `maxRequestBytes`. */
  readonly maxBufferedBytes: number
  /** Undefined if spans are sent from the thread of the application. */
  readonly worker: WorkerSettings | undefined
  readonly exitFlushMillis: number
}

/**
 * Resolves each setting in this order: the option, the variable for traces, the general variable, the default. Reads files.
 * Never throws.
 */
export function resolveOptions(options: OTLPTraceExporterOptions = {}, env: Environment = process.env): Settings {
  const endpoint = resolveEndpoint(options.url, env)
  const agent = agentOptionsOf(options.httpAgentOptions)
  const headersFunction = typeof options.headers === 'function' ? (options.headers as () => unknown) : undefined
  const socketPath = pathOf(options.socketPath ?? agent['socketPath'])
  const dispatcher = dispatcherOf(options.dispatcher)
  const timeoutMillis = numberOf('timeoutMillis', options.timeoutMillis, otlpVariables(env, 'TIMEOUT'))
  const route = { isTls: endpoint.origin.startsWith('https:'), hasDispatcher: dispatcher !== undefined, socketPath }
  const sources = [
    { name: 'tls', value: objectOf('tls', options.tls) },
    { name: 'httpAgentOptions', value: agent },
  ] as const
  if (dispatcher !== undefined) warnBesideDispatcher(options, agent)
  else if (socketPath !== undefined && options.proxy) warnLater('proxy has no effect: socketPath is used instead')
  const protocol = choiceOf('protocol', PROTOCOLS, options.protocol, otlpVariables(env, 'PROTOCOL'))
  const maxBufferedBytes = numberOf('maxBufferedBytes', options.maxBufferedBytes)
  return {
    endpoint,
    headers: {
      ...(endpoint.authorization === undefined ? {} : { authorization: endpoint.authorization }),
      ...headersFromEnvironment(env),
      ...(headersFunction !== undefined ? {} : cleanHeaders(options.headers, 'headers', warnLater)),
    },
    headersFunction: headersFunction && ((onWarning) => cleanAnswer(headersFunction(), onWarning)),
    protocol,
    contentType: protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
    compression: choiceOf('compression', COMPRESSIONS, options.compression, otlpVariables(env, 'COMPRESSION')),
    timeoutMillis: timeoutMillis === 0 ? Infinity : timeoutMillis,
    concurrencyLimit: Math.min(
      numberOf('concurrencyLimit', options.concurrencyLimit),
      socketLimitOf('maxSockets', agent),
      socketLimitOf('maxTotalSockets', agent),
    ),
    keepAlive: flagOf('keepAlive', options.keepAlive ?? agent['keepAlive'], true),
    userAgent: userAgentOf(options.userAgent),
    ...resolveConnectOptions(sources, env, route),
    dispatcher,
    socketPath,
    // With a dispatcher or a socket path, no proxy is used.
    proxy: dispatcher === undefined && socketPath === undefined ? resolveProxy(options.proxy, endpoint, env) : undefined,
    retry: {
      maxAttempts: numberOf('retry.maxAttempts', options.retry?.maxAttempts),
      initialBackoffMillis: numberOf('retry.initialBackoffMillis', options.retry?.initialBackoffMillis),
      maxBackoffMillis: numberOf('retry.maxBackoffMillis', options.retry?.maxBackoffMillis),
      multiplier: numberOf('retry.multiplier', options.retry?.multiplier),
      jitter: flagOf('retry.jitter', options.retry?.jitter, true),
    },
    maxStoredMillis: numberOf('maxStoredMillis', options.maxStoredMillis),
    spool: resolveSpool(options.spool, env),
    maxRequestBytes: requestBytesOf(options.maxRequestBytes, maxBufferedBytes),
    maxResponseBytes: numberOf('maxResponseBytes', options.maxResponseBytes),
    maxBufferedBytes,
    worker: resolveWorker(options.worker, env),
    exitFlushMillis: numberOf('exitFlushMillis', options.exitFlushMillis),
  }
}

/** The headers that a function has returned: at once if it has, because in the `exit` event nothing can be awaited. */
function cleanAnswer(answer: unknown, onWarning: (message: string) => void): HeaderTexts | PromiseLike<HeaderTexts> {
  const clean = (headers: unknown): HeaderTexts => cleanHeaders(headers, 'headers()', onWarning)
  const isPromise = typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
  return isPromise ? Promise.resolve(answer).then(clean) : clean(answer)
}

/** A request consists of buffered spans, so it cannot be larger than `maxBufferedBytes`. */
function requestBytesOf(option: unknown, maxBufferedBytes: number): number {
  const bytes = numberOf('maxRequestBytes', option)
  if (bytes > maxBufferedBytes && option === bytes)
    warnLater(`maxRequestBytes is ${bytes}, but maxBufferedBytes is only ${maxBufferedBytes}, so no request is larger`)
  return Math.min(bytes, maxBufferedBytes)
}

/** The first choice is the default. */
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
  warnLater(`httpAgentOptions is ${kind}, which cannot be used: pass the options of the agent, or a dispatcher`)
  return {}
}

function objectOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  if (value !== undefined && value !== null) warnLater(`${INVALID_SETTING} ${name} must be an object; not used`)
  return {}
}

/** A socket limit from the agent options. Infinity, an agent's default, means no limit. */
function socketLimitOf(name: 'maxSockets' | 'maxTotalSockets', agent: Readonly<Record<string, unknown>>): number {
  const value = agent[name]
  if (value === undefined || value === null) return Infinity
  if (typeof value === 'number' && (value === Infinity || (Number.isInteger(value) && value > 0))) return value
  warnLater(`${INVALID_SETTING} httpAgentOptions.${name} is ${describe(value)}; must be an integer of 1 or more; not used`)
  return Infinity
}

/** Warns about options for our own connections, which have no effect because the dispatcher makes the connections. */
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
