// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream'
import type { buildConnector } from 'undici'
import { AnswerReader } from './answer-reader.js'
import type { SeenOnWire } from './answer-reader.js'

type Connector = buildConnector.connector

/**
 * Sits between the sockets of one connection and undici, which reads them with `socket.read()`. So it knows what a backend
 * has answered even if undici's parser refuses it. It watches one request at a time, on the newest socket.
 */
export class AnswerWatch {
  readonly #reader = new AnswerReader()
  #socket: Duplex | undefined
  #isEarly = false
  /** Whether the socket has answered a request. */
  #hasAnswered = false
  #isReused = false
  #isSilent = true

  /** Returns a connector whose sockets are watched from the moment when they can carry a request. */
  watch(connector: Connector): Connector {
    return (options, callback) => {
      connector(options, (error, socket) => {
        if (error !== null) {
          callback(error, null)
          return
        }
        this.#watchSocket(socket)
        callback(null, socket)
      })
    }
  }

  /** Call this before a request is written. */
  begin(): void {
    this.#reader.begin()
    this.#isEarly = false
    this.#isReused = this.#hasAnswered
    this.#isSilent = true
  }

  /** What was seen of the answer to the last request. */
  get seen(): SeenOnWire {
    return this.#reader.seen
  }

  /** Whether the last request began on a socket that had answered an earlier one. */
  get isReused(): boolean {
    return this.#isReused
  }

  /** Whether no byte has arrived since the last request began. */
  get isSilent(): boolean {
    return this.#isSilent
  }

  /** Whether the answer came before the whole request was written. The backend would read the rest as the next request. */
  get isEarly(): boolean {
    return this.#isEarly
  }

  #watchSocket(socket: Duplex): void {
    const read = socket.read.bind(socket)
    this.#socket = socket
    this.#hasAnswered = false
    socket.read = (size?: number): unknown => {
      for (;;) {
        const chunk: unknown = read(size)
        if (!(chunk instanceof Uint8Array) || socket !== this.#socket) return chunk
        this.#isSilent = false
        const wasSeen = this.seen
        const forParser = this.#reader.take(chunk)
        if (wasSeen !== this.seen) {
          this.#isEarly = socket.writableLength > 0
          this.#hasAnswered = true
        }
        // If nothing is left for the parser, read on: null would tell undici that there is nothing more to read now.
        if (forParser.byteLength > 0) return forParser
      }
    }
  }
}
