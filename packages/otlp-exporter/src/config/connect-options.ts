// SPDX-License-Identifier: Apache-2.0
import { INVALID_SETTING } from '@spanring/core'
import type { Environment } from './environment.js'
import type { SocketOptions, TlsOptions } from './options.js'
import { guardIdentityCheck } from './server-identity.js'
import { addFiles } from './tls-files.js'
import { warnLater } from '../warn.js'

/** How a connection is made, apart from where it goes. */
export interface ConnectOptions {
  /** Of the connection to the backend alone; a proxy is verified as Node.js does it. */
  readonly tls: TlsOptions
  /** Of the socket that is opened, which is the proxy's where there is one. */
  readonly socket: SocketOptions
}

/** Where options come from, by the name that a warning has for them. */
export interface Source {
  readonly name: 'tls' | 'httpAgentOptions'
  readonly value: unknown
}

const SOCKET_NAMES: ReadonlySet<string> = new Set<keyof SocketOptions>([
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'blockList',
  'family',
  'highWaterMark',
  'hints',
  'keepAlive',
  'keepAliveInitialDelay',
  'localAddress',
  'localPort',
  'lookup',
  'noDelay',
  'signal',
  'typeOfService',
])

const TLS_NAMES: ReadonlySet<string> = new Set<keyof TlsOptions>([
  'allowPartialTrustChain',
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'clientCertEngine',
  'crl',
  'dhparam',
  'ecdhCurve',
  'enableTrace',
  'honorCipherOrder',
  'key',
  'maxCachedSessions',
  'maxVersion',
  'minDHSize',
  'minVersion',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'rejectUnauthorized',
  'requestCert',
  'secureContext',
  'secureOptions',
  'secureProtocol',
  'servername',
  'session',
  'sessionIdContext',
  'sessionTimeout',
  'sigalgs',
  'ticketKeys',
])

/** Options of an agent that `settings.ts` reads. */
const READ_ELSEWHERE: ReadonlySet<string> = new Set(['keepAlive', 'maxSockets', 'maxTotalSockets', 'socketPath'])

/** Why an option that tls, net or an agent knows is not honoured here. */
const NOT_HONOURED: ReadonlyMap<string, string> = new Map([
  ...['host', 'path', 'port', 'protocol', 'defaultPort', 'socket', 'fd', 'handle'].map(
    (name) => [name, 'url, socketPath and proxy say where to connect'] as const,
  ),
  ...['ALPNProtocols', 'ALPNCallback'].map((name) => [name, 'only HTTP/1.1 is spoken'] as const),
  ...['allowHalfOpen', 'onread', 'readable', 'writable', 'SNICallback'].map(
    (name) => [name, 'it does not fit a client of HTTP'] as const,
  ),
  ['timeout', 'timeoutMillis bounds a batch with everything in it'],
  ['maxFreeSockets', 'connections that are not needed close by themselves'],
  ['agentKeepAliveTimeoutBuffer', 'a connection that closes while it is used again is replaced'],
  ['proxyEnv', 'see the option proxy'],
])

/** Without a meaning where a Unix domain socket is connected to. */
const NETWORK_NAMES: readonly string[] = [
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'family',
  'hints',
  'localAddress',
  'localPort',
  'lookup',
]

/**
 * Each option from the first source that has it, so that agent options with one of them do not lose the files for the
 * others. Nothing is dropped without a word: a security setting that is not honoured in silence fails open.
 */
export function resolveConnectOptions(
  sources: readonly Source[],
  env: Environment,
  way: { readonly isTls: boolean; readonly hasDispatcher: boolean; readonly socketPath: string | undefined },
): ConnectOptions {
  const tls: Record<string, unknown> = {}
  const socket: Record<string, unknown> = {}
  const givenBy = new Map<string, string>()
  for (const source of sources) {
    for (const [name, value] of given(source)) {
      const printable = `${source.name}.${name}`
      const target = targetOf(source, name, value, printable, { tls, socket })
      if (target === undefined || target[0][target[1]] !== undefined) continue
      target[0][target[1]] = value
      givenBy.set(target[1], printable)
    }
  }
  const printed = (names: readonly string[]): string[] => names.flatMap((name) => givenBy.get(name) ?? [])
  if (way.hasDispatcher) {
    sayWithoutEffect(printed([...Object.keys(tls), ...Object.keys(socket)]), 'the dispatcher makes the connections')
    return { tls: {}, socket: {} }
  }
  if (!way.isTls) sayWithoutEffect(printed(Object.keys(tls)), 'the URL starts with http://, so nothing is encrypted or verified')
  if (way.socketPath !== undefined) sayWithoutEffect(printed(NETWORK_NAMES), 'socketPath is connected to')
  checkTls(tls, (name) => givenBy.get(name) ?? name)
  addFiles(tls, env)
  return { tls, socket }
}

/** What is set; undefined and null mean the default, as everywhere in the options. */
function given({ value }: Source): [name: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null)
}

/** Where the option goes and under which name; undefined if it goes nowhere, which was said then. */
function targetOf(
  source: Source,
  name: string,
  value: unknown,
  printable: string,
  { tls, socket }: { tls: Record<string, unknown>; socket: Record<string, unknown> },
): [target: Record<string, unknown>, name: string] | undefined {
  if (source.name === 'httpAgentOptions') {
    if (READ_ELSEWHERE.has(name)) return undefined
    if (name === 'keepAliveMsecs') return [socket, 'keepAliveInitialDelay']
    // The connection that was used last is used first.
    if (name === 'scheduling' && value === 'lifo') return undefined
    if (name === 'scheduling') {
      warnLater(`${printable} is not honoured: the connection that was used last is used first`)
      return undefined
    }
  }
  if (SOCKET_NAMES.has(name)) return [socket, name]
  const why = NOT_HONOURED.get(name)
  if (why !== undefined) {
    warnLater(`${printable} is not honoured: ${why}`)
    return undefined
  }
  // One of a later Node.js may be a security setting: to drop it would fail open.
  if (!TLS_NAMES.has(name)) warnLater(`${printable} is not known here; it is passed on as it is`)
  return [tls, name]
}

function sayWithoutEffect(names: readonly string[], why: string): void {
  if (names.length > 0) warnLater(`${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} no effect: ${why}`)
}

/** What is wrong falls to the safe side. No value is in the messages: keys are among them. */
function checkTls(tls: Record<string, unknown>, printable: (name: string) => string): void {
  const { rejectUnauthorized, checkServerIdentity, maxCachedSessions } = tls
  if (rejectUnauthorized !== undefined && typeof rejectUnauthorized !== 'boolean') {
    warnLater(`${INVALID_SETTING} ${printable('rejectUnauthorized')} must be true or false; using true`)
    tls['rejectUnauthorized'] = true
  }
  if (maxCachedSessions !== undefined && !(Number.isSafeInteger(maxCachedSessions) && (maxCachedSessions as number) >= 0)) {
    warnLater(`${INVALID_SETTING} ${printable('maxCachedSessions')} must be an integer of 0 or more; not used`)
    delete tls['maxCachedSessions']
  }
  if (checkServerIdentity === undefined) return
  if (typeof checkServerIdentity !== 'function') {
    warnLater(`${INVALID_SETTING} ${printable('checkServerIdentity')} must be a function; every certificate is refused`)
  }
  if (rejectUnauthorized === false) {
    sayWithoutEffect([printable('checkServerIdentity')], 'rejectUnauthorized is false, so that Node.js passes over what it says')
  }
  tls['checkServerIdentity'] = guardIdentityCheck(checkServerIdentity)
  // Node.js asks nobody about the certificate of a session that is resumed.
  for (const name of ['session', 'maxCachedSessions']) {
    if (tls[name] !== undefined && tls[name] !== 0) {
      warnLater(`${printable(name)} is not honoured: checkServerIdentity is not asked when a session is resumed`)
    }
    delete tls[name]
  }
  tls['maxCachedSessions'] = 0
}
