// SPDX-License-Identifier: Apache-2.0
import { INVALID_SETTING } from '@spanring/core'
import { warnLater } from '../warn.js'
import type { Environment } from './environment.js'
import type { SocketOptions, TlsOptions } from './options.js'
import { guardIdentityCheck } from './server-identity.js'
import { addFiles } from './tls-files.js'

/** The options for making connections, except for the destination. */
export interface ConnectOptions {
  /** Only for the connection to the backend. A proxy is verified with the defaults of Node.js. */
  readonly tls: TlsOptions
  /** For the socket that is opened. If there is a proxy, that is the socket to the proxy. */
  readonly socket: SocketOptions
}

/** An object with options, and its name in warnings. */
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

/** Agent options that `settings.ts` reads. */
const READ_ELSEWHERE: ReadonlySet<string> = new Set(['keepAlive', 'maxSockets', 'maxTotalSockets', 'socketPath'])

/** Options of tls, net or an agent that are not honoured, and the reasons. */
const NOT_HONOURED: ReadonlyMap<string, string> = new Map([
  ...['host', 'path', 'port', 'protocol', 'defaultPort', 'socket', 'fd', 'handle'].map(
    (name) => [name, 'url, socketPath and proxy determine where to connect'] as const,
  ),
  ...['ALPNProtocols', 'ALPNCallback'].map((name) => [name, 'only HTTP/1.1 is supported'] as const),
  ...['allowHalfOpen', 'onread', 'readable', 'writable', 'SNICallback'].map(
    (name) => [name, 'it has no use in an HTTP client'] as const,
  ),
  ['timeout', 'timeoutMillis covers everything'],
  ['maxFreeSockets', 'idle connections are closed automatically'],
  ['agentKeepAliveTimeoutBuffer', 'a connection that closes just as it is reused is replaced'],
  ['proxyEnv', 'see the option proxy'],
])

/** Options that have no meaning for a Unix domain socket. */
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
 * Takes each option from the first source that has it, so that one agent option does not hide the files for the others. No
 * option is dropped without a warning: to ignore a security setting silently would be to fail open.
 */
export function resolveConnectOptions(
  sources: readonly Source[],
  env: Environment,
  route: { readonly isTls: boolean; readonly hasDispatcher: boolean; readonly socketPath: string | undefined },
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
  if (route.hasDispatcher) {
    warnWithoutEffect(printed([...Object.keys(tls), ...Object.keys(socket)]), 'the dispatcher makes the connections')
    return { tls: {}, socket: {} }
  }
  if (!route.isTls)
    warnWithoutEffect(printed(Object.keys(tls)), 'the URL starts with http://, so nothing is encrypted or verified')
  if (route.socketPath !== undefined) warnWithoutEffect(printed(NETWORK_NAMES), 'socketPath is used instead')
  checkTls(tls, (name) => givenBy.get(name) ?? name)
  addFiles(tls, env)
  return { tls, socket }
}

/** The options that are set. As for all options, undefined and null mean the default. */
function given({ value }: Source): [name: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null)
}

/** The object to which the option belongs, and its name there. Undefined if the option is not used; warns if necessary. */
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
    // No warning: connections are used in this order anyway.
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
  // It may be a security setting of a later version of Node.js, and dropping it would fail open.
  if (!TLS_NAMES.has(name)) warnLater(`${printable} is unknown; it is passed on unchanged`)
  return [tls, name]
}

function warnWithoutEffect(names: readonly string[], why: string): void {
  if (names.length > 0) warnLater(`${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} no effect: ${why}`)
}

/** Replaces invalid values with safe ones. Messages do not show values, because some of them are private keys. */
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
    warnWithoutEffect([printable('checkServerIdentity')], 'rejectUnauthorized is false, so Node.js ignores its result')
  }
  tls['checkServerIdentity'] = guardIdentityCheck(checkServerIdentity)
  // Node.js does not check the certificate of a resumed session.
  for (const name of ['session', 'maxCachedSessions']) {
    if (tls[name] !== undefined && tls[name] !== 0) {
      warnLater(`${printable(name)} is not honoured: Node.js does not call checkServerIdentity for a resumed session`)
    }
    delete tls[name]
  }
  tls['maxCachedSessions'] = 0
}
