// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens on loopback only: a receiver that breaks connections on purpose does not belong on a network. */
export async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  // A string would be the path of a pipe, but this server listens on a port.
  if (address === null || typeof address === 'string') throw new Error(`expected to listen on a port, not on ${address}`)
  return `http://127.0.0.1:${address.port}`
}
