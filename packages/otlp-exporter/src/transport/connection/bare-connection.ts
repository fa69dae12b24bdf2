// SPDX-License-Identifier: Apache-2.0
import dns from 'node:dns'
import { connect } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import type { TransportSettings } from '../transport-settings.js'

/**
 * Tries to open a connection, without TLS or a request, and closes it as soon as it is open. Resolves to whether it came about
 * and never rejects. The signal ends the attempt. A look-up that has begun cannot be cancelled; the promise waits for it, so
 * that attempts one after the other never occupy more than one thread of the pool.
 */
export type BareConnect = (signal: AbortSignal) => Promise<boolean>

type AddressSettings = Pick<TransportSettings, 'dispatcher' | 'endpoint' | 'proxy' | 'socket' | 'socketPath'>

/**
 * Connects to the address that a request would connect to: the Unix domain socket, the proxy, or the backend. Undefined if the
 * application's dispatcher makes the connections, and if they have a fixed local port: for a minute after one of them was
 * closed, the kernel would refuse the next one.
 */
export function bareConnector(settings: AddressSettings): BareConnect | undefined {
  const { dispatcher, endpoint, proxy, socket, socketPath } = settings
  if (dispatcher !== undefined || 'localPort' in socket) return undefined
  const { hostname, port, protocol } = new URL((proxy ?? endpoint).origin)
  const where = {
    ...socket,
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    path: socketPath as string,
  }
  const { lookup } = socket as { lookup?: LookupFunction }
  return (signal) => attempt((watched) => connect({ ...where, lookup: watched }), lookup ?? dns.lookup, signal)
}

function attempt(open: (lookup: LookupFunction) => Socket, lookup: LookupFunction, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let isConnected = false
    let isClosed = false
    let isLookingUp = false
    const settle = (): void => {
      if (isClosed && !isLookingUp) resolve(isConnected)
    }
    const watched: LookupFunction = (host, options, callback) => {
      isLookingUp = true
      lookup(host, options, (...found) => {
        isLookingUp = false
        callback(...found)
        settle()
      })
    }
    let socket: Socket
    try {
      // Throws if an option or the application's look-up does.
      socket = open(watched)
    } catch {
      resolve(false)
      return
    }
    const end = (): void => void socket.destroy()
    signal.addEventListener('abort', end)
    socket.unref()
    socket.on('error', () => {})
    socket.once('connect', () => {
      isConnected = true
      socket.destroy()
    })
    socket.once('close', () => {
      signal.removeEventListener('abort', end)
      isClosed = true
      settle()
    })
  })
}
