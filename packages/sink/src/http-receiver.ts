// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connections } from './connections.js'
import type { Exchange } from './exchange.js'
import { httpAnswer } from './http-answer.js'
import type { Intake } from './intake.js'
import { listen } from './listen.js'
import { type OtlpEncoding, errorResponse } from './otlp/export-response.js'
import { RefusedRequest } from './refused-request.js'
import { requestBody } from './request-body.js'

const tracesPath = '/v1/traces'

/** OTLP/HTTP on loopback: protobuf and JSON, compressed or not. Answers in the encoding of the request. */
export class HttpReceiver {
  readonly #intake: Intake
  readonly #maxBodyBytes: number
  readonly #server: Server

  constructor(intake: Intake, connections: Connections, maxBodyBytes: number) {
    this.#intake = intake
    this.#maxBodyBytes = maxBodyBytes
    // No idle time-out: a sender that reuses its connection at that moment would see a fault that is not in the script.
    this.#server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      void this.#serve(request, response)
    })
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#malformed(error, socket)
    })
    connections.track(this.#server)
  }

  async listen(port: number): Promise<string> {
    return listen(this.#server, port)
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const misdirected = wrongTarget(request)
    if (misdirected !== undefined) {
      this.#intake.ledger.request(flat(request.headers))
      this.#intake.ledger.refusal(misdirected.reason)
      request.resume()
      await refuse(response, 'json', misdirected)
      return
    }
    const exchange = this.#intake.open(flat(request.headers))
    response.once('close', () => {
      exchange.unanswered()
    })
    const encoding = otlpEncoding(request)
    const refused = await this.#receive(request, exchange, encoding)
    const { reply } = exchange
    if (refused !== undefined && reply.fault === undefined && (reply.status ?? 200) < 300) {
      await refuse(response, encoding ?? 'json', refused)
    } else {
      await httpAnswer(response, encoding ?? 'json', reply, (status) => {
        exchange.answered(status)
      })
    }
  }

  async #receive(
    request: IncomingMessage,
    exchange: Exchange,
    encoding: OtlpEncoding | undefined,
  ): Promise<RefusedRequest | undefined> {
    if (exchange.reply.fault === 'cut-in-request') {
      request.once('data', () => request.destroy()).once('end', () => request.destroy())
      return undefined
    }
    try {
      const body = await requestBody(request, this.#maxBodyBytes)
      if (encoding === undefined) {
        throw new RefusedRequest('content-type', 415, `content-type is ${request.headers['content-type'] ?? 'missing'}`)
      }
      exchange.receive(body, encoding)
      return undefined
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error
      exchange.refuse(error)
      return error
    }
  }

  #malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    // A sender that disconnects within its body gets here too, and is counted elsewhere.
    const isSyntax = error.code?.startsWith('HPE_') === true && error.code !== 'HPE_INVALID_EOF_STATE'
    if (isSyntax) this.#intake.ledger.refusal('malformed-http')
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.destroy()
  }
}

async function refuse(response: ServerResponse, encoding: OtlpEncoding, refused: RefusedRequest): Promise<void> {
  const { status, headers, message } = refused
  await httpAnswer(response, encoding, { status, headers, body: errorResponse(encoding, status, message) }, () => {})
}

function wrongTarget(request: IncomingMessage): RefusedRequest | undefined {
  const path = request.url?.split('?')[0]
  if (path !== tracesPath) return new RefusedRequest('path', 404, `only ${tracesPath} is served, not ${path}`)
  if (request.method !== 'POST') return new RefusedRequest('method', 405, `${request.method} is not POST`, { allow: 'POST' })
  return undefined
}

function otlpEncoding(request: IncomingMessage): OtlpEncoding | undefined {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : undefined
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
