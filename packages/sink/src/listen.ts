// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens on loopback, and nowhere else: a receiver that breaks connections on request is nothing for a network. */
export async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  // A string is the path of a pipe, which this server has not.
  if (address === null || typeof address === 'string') throw new Error(`listens on ${address}`)
  return `http://127.0.0.1:${address.port}`
}
