// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:https'
import type { ServerOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { listen } from '@spanring/test-kit/servers'

export interface TlsRequest {
  readonly authorization: string | undefined
  /** The sender's address. */
  readonly from: string | undefined
  /** The name in the sender's certificate, if it has shown one. */
  readonly client: unknown
}

/** Answers every request over TLS with 200, and notes it. Closed when the test is over. `host` is the name in its URL. */
export async function setupTlsServer(options: ServerOptions, host = 'localhost') {
  const requests: TlsRequest[] = []
  /** Includes those whose handshake fails. */
  const connections = { count: 0 }
  const server = createServer(options, (request, response) => {
    const client = (request.socket as TLSSocket).getPeerCertificate().subject?.CN
    requests.push({ authorization: request.headers.authorization, from: request.socket.remoteAddress, client })
    request.resume().on('end', () => response.end())
  })
  server.on('connection', () => void (connections.count += 1))
  const port = await listen(server)
  return { requests, connections, port, url: `https://${host}:${port}/v1/traces` }
}
