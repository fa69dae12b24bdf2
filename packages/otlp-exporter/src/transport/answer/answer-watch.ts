// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream'
import type { buildConnector } from 'undici'
import { AnswerReader } from './answer-reader.js'
import type { Seen } from './answer-reader.js'

type Connector = buildConnector.connector

/**
 * Stands between the sockets of one connection and undici, which reads them with `socket.read()`: what a backend has
 * answered is known here whatever undici's parser thinks of it. One request at a time, on the socket that was made last.
 */
export class AnswerWatch {
  readonly #reader = new AnswerReader()
  #socket: Duplex | undefined
  #isEarly = false
  /** Whether the socket has answered a request before, and has said anything since the last one was begun. */
  #hasAnswered = false
  #isKept = false
  #isSilent = true

  /** The connector, with sockets that are watched from the moment in which they can carry a request. */
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

  /** A request is about to be written. */
  begin(): void {
    this.#reader.begin()
    this.#isEarly = false
    this.#isKept = this.#hasAnswered
    this.#isSilent = true
  }

  /** What was seen of the answer to the last request. */
  get seen(): Seen {
    return this.#reader.seen
  }

  /** Whether the last request was begun on a socket that had answered one before. */
  get isKept(): boolean {
    return this.#isKept
  }

  /** Whether not a byte has come since the last request was begun. */
  get isSilent(): boolean {
    return this.#isSilent
  }

  /** Whether the answer came before the request was wholly written: the rest would be read as the next request. */
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
        const kept = this.#reader.take(chunk)
        if (wasSeen !== this.seen) {
          this.#isEarly = socket.writableLength > 0
          this.#hasAnswered = true
        }
        // Null would say that there is nothing more to read now.
        if (kept.byteLength > 0) return kept
      }
    }
  }
}
