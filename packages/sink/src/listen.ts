// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import type { Server } from 'node:net'

/**
 * A sink that stops listening for a while must find its port free again. The kernel gives ports from 32,768 on to whoever asks for
 * any (Linux; other systems begin higher). So ours are below, one after the other, from a place that depends on the process.
 */
const PORTS = { from: 10_000, count: 22_000, perProcess: 37 }
let nextPort = (process.pid * PORTS.perProcess) % PORTS.count

/** Listens on loopback only: a receiver that breaks connections on purpose does not belong on a network. With port 0, on a free one. */
export async function listen(server: Server, port: number): Promise<string> {
  for (;;) {
    try {
      server.listen(port === 0 ? takePort() : port, '127.0.0.1')
      // oxlint-disable-next-line no-await-in-loop -- until a port is free
      await once(server, 'listening')
      break
    } catch (error) {
      if (port !== 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
  const address = server.address()
  // A string would be the path of a pipe, but this server listens on a port.
  if (address === null || typeof address === 'string') throw new Error(`expected to listen on a port, not on ${address}`)
  return `http://127.0.0.1:${address.port}`
}

function takePort(): number {
  const port = PORTS.from + nextPort
  nextPort = (nextPort + 1) % PORTS.count
  return port
}
