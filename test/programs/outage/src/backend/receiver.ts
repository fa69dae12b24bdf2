// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { requestBody } from '@spanring/sink'
import type { Deliveries } from './deliveries.js'

const MAX_BODY_BYTES = 2 ** 27
/**
 * Below the ports that systems give to outgoing connections: one that is tried again and again on such a port ends up connected
 * to itself, and then there is something where nothing should be.
 */
const FIRST_PORT = 20_000
const PORT_COUNT = 10_000

/** OTLP/HTTP with protobuf on loopback, which accepts whatever it reads while it is there. */
export class Receiver {
  /** From the last return until the first request was accepted, in milliseconds. */
  firstMillis: number | undefined
  readonly errors: string[] = []
  readonly #deliveries: Deliveries
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => void this.#serve(request, response))
  #port = 0
  #isGone = false
  #returnedAt = 0

  constructor(deliveries: Deliveries) {
    this.#deliveries = deliveries
  }

  async start(): Promise<string> {
    for (let port = FIRST_PORT + (process.pid % PORT_COUNT); this.#port === 0; port++) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- until one is free
        await this.#listen(port)
        this.#port = port
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port >= FIRST_PORT + 2 * PORT_COUNT) throw error
      }
    }
    return `http://127.0.0.1:${this.#port}/v1/traces`
  }

  async goAway(): Promise<void> {
    this.#isGone = true
    const closed = once(this.#server, 'close')
    this.#server.close()
    // Answers that were written leave first: what was accepted is known to be so.
    setImmediate(() => this.#server.closeAllConnections())
    await closed
  }

  async comeBack(): Promise<void> {
    this.#isGone = false
    this.firstMillis = undefined
    await this.#listen(this.#port)
    this.#returnedAt = performance.now()
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await requestBody(request, MAX_BODY_BYTES)
      if (this.#isGone) return
      this.#deliveries.accept(body)
      this.firstMillis ??= performance.now() - this.#returnedAt
      response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 }).end()
    } catch (error) {
      // A sender that was killed, or whose connection was broken, in the middle of its request.
      if (request.destroyed && !request.complete) return
      this.errors.push(String(error))
      response.writeHead(400).end()
    }
  }
}
