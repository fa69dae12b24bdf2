// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from 'node:net'
import { INVALID_SETTING } from '@spanring/core'
import type { TransportProxy } from '../transport/transport-settings.js'
import { warnLater } from '../warn.js'
import { basicAuthorization, parseHttpUrl } from './endpoint.js'
import type { Endpoint } from './endpoint.js'
import { readVariable } from './environment.js'
import type { Environment } from './environment.js'

/** The prefix of IPv4 addresses that are mapped to IPv6: `::ffff:10.0.0.1` is 10.0.0.1. */
const MAPPED_BITS = 96
const MAPPED = new BlockList()
MAPPED.addSubnet('::ffff:0.0.0.0', MAPPED_BITS, 'ipv6')

/** Takes the option, else the variable for the scheme of the endpoint. Returns undefined for a direct connection. */
export function resolveProxy(option: unknown, endpoint: Endpoint, env: Environment): TransportProxy | undefined {
  if (option === false) return undefined
  if (option !== undefined && option !== null) {
    const proxy = proxyOf('proxy', option)
    if (proxy !== undefined) return proxy
  }
  // As in Go: a proxy in the environment is not meant for a collector on the same machine.
  if (isLoopback(endpoint.serverAddress)) return undefined
  const upperCase = endpoint.origin.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const variable = setVariable(upperCase, env)
  const exempt = setVariable('NO_PROXY', env)
  if (variable === undefined || (exempt !== undefined && isExempt(endpoint, exempt, env[exempt] as string))) return undefined
  return proxyOf(variable, (env[variable] as string).trim())
}

/** The spelling in which a variable is set, lower case first. As everywhere in OpenTelemetry, an empty one counts as unset. */
function setVariable(upperCase: string, env: Environment): string | undefined {
  return [upperCase.toLowerCase(), upperCase].find((name) => readVariable(env, name))
}

function proxyOf(source: string, text: unknown): TransportProxy | undefined {
  const url = typeof text === 'string' ? parseHttpUrl(text) : undefined
  if (url !== undefined) return { origin: url.origin, authorization: basicAuthorization(url) }
  warnLater(`${INVALID_SETTING} ${source} is not a URL that starts with http:// or https://; not used`)
  return undefined
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || isIn(host, '127.0.0.0', 8)
}

/**
 * Reads `NO_PROXY` as Go does: `*`, addresses, networks (`10.0.0.0/8`, `fd00::/8`), and host names. A host name includes its
 * subdomains. With `.` or `*.` in front, it means only the subdomains. All entries except networks may have a port. Unlike in
 * Go, entries may also be separated by whitespace.
 */
function isExempt(endpoint: Endpoint, source: string, list: string): boolean {
  const host = endpoint.serverAddress.toLowerCase()
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === '*') return true
    if (entry.includes('/')) return isInNetwork(host, source, entry)
    const [, name = '', port] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
    const domain = name.replace(/^\*\./, '.').toLowerCase()
    if (domain === '' || domain === '.' || (port !== undefined && Number(port) !== endpoint.serverPort)) return false
    if (isIP(domain) !== 0) return isIn(host, domain, isIP(domain) === 6 ? 128 : 32)
    return host === domain || host.endsWith(domain.startsWith('.') ? domain : `.${domain}`)
  })
}

function isInNetwork(host: string, source: string, entry: string): boolean {
  const [, address = '', bits] = /^\[?([^\]/]*)\]?\/(\d{1,3})$/.exec(entry) ?? []
  const version = isIP(address)
  if (version !== 0 && Number(bits) <= (version === 6 ? 128 : 32)) return isIn(host, address, Number(bits))
  warnLater(`${source} has ${JSON.stringify(entry)}, which is not a network; ignored`)
  return false
}

/** Compares values, because an address has many spellings. An IPv4 address is only in IPv6 networks of mapped addresses. */
function isIn(host: string, address: string, bits: number): boolean {
  if (isIP(host) === 0) return false
  if (isIP(address) === 6 && isIpv4(host) && !(isIpv4(address) && bits >= MAPPED_BITS)) return false
  const network = new BlockList()
  network.addSubnet(address, bits, familyOf(address))
  return network.check(host, familyOf(host))
}

/** Whether an address is IPv4, either plain or mapped to IPv6. */
function isIpv4(address: string): boolean {
  return isIP(address) === 4 || MAPPED.check(address, 'ipv6')
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
