// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream'
import type { Connector } from '../connection/connector.js'
import { AnswerReader } from './answer-reader.js'
import type { SeenOnWire } from './answer-reader.js'

/**
 * Stands between the sockets of one connection and undici, which reads them with `socket.read()`. So what a backend has
 * answered is known here even if undici's parser refuses it. One request at a time, on the socket that was made last.
 */
export class AnswerWatch {
  readonly #reader = new AnswerReader()
  #socket: Duplex | undefined
  #isEarly = false
  /** Whether the socket has answered a request. */
  #hasAnswered = false
  #isKept = false
  #isSilent = true

  /** A connector whose sockets are watched from the moment in which they can carry a request. */
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

  /** To be called before a request is written. */
  begin(): void {
    this.#reader.begin()
    this.#isEarly = false
    this.#isKept = this.#hasAnswered
    this.#isSilent = true
  }

  /** What was seen of the answer to the last request. */
  get seen(): SeenOnWire {
    return this.#reader.seen
  }

  /** Whether the last request began on a socket that had answered an earlier one. */
  get isKept(): boolean {
    return this.#isKept
  }

  /** Whether not one byte has come since the last request began. */
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
        const kept = this.#reader.take(chunk)
        if (wasSeen !== this.seen) {
          this.#isEarly = socket.writableLength > 0
          this.#hasAnswered = true
        }
        // Null would tell undici that there is nothing more to read now.
        if (kept.byteLength > 0) return kept
      }
    }
  }
}
