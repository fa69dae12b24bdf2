// SPDX-License-Identifier: Apache-2.0

import type { Seen } from './answer.js'

/** The reader only sees requests that were sent. */
export type SeenOnWire = Exclude<Seen, 'unreached' | 'unsent'>

/** The beginning of every answer. `0` stands for any digit. */
const SHAPE = Buffer.from('HTTP/0.0 000')
const STATUS_AT = 9
const [ZERO, NINE, LF, CR] = [0x30, 0x39, 0x0a, 0x0d]
const NO_BYTES = Buffer.alloc(0)

/**
 * Reads the first bytes of each answer before the HTTP parser does. It records the status, which the parser does not report
 * if the answer is malformed further on. It also removes interim answers (1xx): a client has to expect any number of them
 * (RFC 9110, section 15.2), but undici breaks the connection at 100. It does not remove 101, because what follows a 101 is
 * not HTTP/1.
 *
 * ```
 *   passing ── begin() ──► status line ── final status, or garbage ──► passing
 *                            │     ▲
 *                           1xx ───┘ the empty line that ends it
 * ```
 */
export class AnswerReader {
  #phase: 'passing' | 'status-line' | 'interim' = 'passing'
  /** The beginning of a status line whose status has not arrived yet. */
  #begun: Uint8Array = NO_BYTES
  #seen: SeenOnWire = 'silence'
  /** In an interim answer: the length of the current line so far, in bytes, without its end. */
  #lineLength = 0

  get seen(): SeenOnWire {
    return this.#seen
  }

  /** Call this before a request is written. What arrives from then on is its answer. */
  begin(): void {
    this.#phase = 'status-line'
    this.#begun = NO_BYTES
    this.#seen = 'silence'
  }

  /** Returns the part of the next bytes that is for the parser; it may be empty. */
  take(chunk: Uint8Array): Uint8Array {
    let bytes = chunk
    while (bytes.byteLength > 0) {
      if (this.#phase === 'passing') return bytes
      bytes = this.#phase === 'interim' ? this.#skipInterim(bytes) : this.#statusLine(bytes)
    }
    return bytes
  }

  /** Decides as soon as the status has arrived. Until then it keeps the bytes from the parser. */
  #statusLine(chunk: Uint8Array): Uint8Array {
    const joined = this.#begun.byteLength === 0 ? chunk : Buffer.concat([this.#begun, chunk])
    const bytes = withoutEmptyLines(joined)
    const start = bytes.subarray(0, SHAPE.byteLength)
    if (!start.every(fitsShape)) {
      this.#seen = 'garbage'
    } else if (start.byteLength < SHAPE.byteLength) {
      this.#begun = start
      return NO_BYTES
    } else {
      const status = Number(Buffer.from(start.subarray(STATUS_AT)).toString('latin1'))
      if (status >= 100 && status < 200 && status !== 101) {
        this.#phase = 'interim'
        this.#lineLength = SHAPE.byteLength
        return bytes.subarray(SHAPE.byteLength)
      }
      this.#seen = status
    }
    this.#phase = 'passing'
    this.#begun = NO_BYTES
    return bytes
  }

  #skipInterim(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.byteLength; i++) {
      const byte = bytes[i]
      if (byte === LF) {
        if (this.#lineLength === 0) {
          this.#phase = 'status-line'
          this.#begun = NO_BYTES
          return bytes.subarray(i + 1)
        }
        this.#lineLength = 0
      } else if (byte !== CR) this.#lineLength++
    }
    return NO_BYTES
  }
}

function fitsShape(byte: number, index: number): boolean {
  const wanted = SHAPE[index]
  return wanted === ZERO ? byte >= ZERO && byte <= NINE : byte === wanted
}

/** Some servers send an extra line break after a body, which parsers skip (RFC 9112, section 2.2). */
function withoutEmptyLines(bytes: Uint8Array): Uint8Array {
  let from = 0
  while (bytes[from] === CR || bytes[from] === LF) from++
  return bytes.subarray(from)
}
