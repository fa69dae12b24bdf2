// SPDX-License-Identifier: Apache-2.0

/** What was seen of the answer to a request: nothing, bytes that are no answer of HTTP/1, or the status of the final answer. */
export type Seen = 'nothing' | 'garbage' | number

/** The shape of the beginning of every answer; `0` stands for any digit. */
const SHAPE = Buffer.from('HTTP/0.0 000')
const STATUS_AT = 9
const [ZERO, NINE, LF, CR] = [0x30, 0x39, 0x0a, 0x0d]
const NO_BYTES = Buffer.alloc(0)

/**
 * Reads the first bytes of each answer before the HTTP parser does. Notes the status, which the parser does not tell of
 * an answer that breaks a rule further on; and takes out interim answers (1xx), of which a client has to expect any
 * number (RFC 9110, section 15.2), and undici breaks the connection at 100. All but 101, which cannot be ignored: nothing
 * that follows it is HTTP/1.
 *
 * ```
 *   passing ── begin() ──► status line ── final status, or garbage ──► passing
 *                            │     ▲
 *                           1xx ───┘ the empty line that ends it
 * ```
 */
export class AnswerReader {
  #phase: 'passing' | 'status-line' | 'interim' = 'passing'
  /** The beginning of a status line that has not arrived as far as its status. */
  #held: Uint8Array = NO_BYTES
  #seen: Seen = 'nothing'
  /** Of an interim answer: bytes of the current line so far, its end not counted. */
  #lineLength = 0

  get seen(): Seen {
    return this.#seen
  }

  /** A request is about to be written: what arrives from now on is the answer to it. */
  begin(): void {
    this.#phase = 'status-line'
    this.#held = NO_BYTES
    this.#seen = 'nothing'
  }

  /** What of the next bytes is for the parser; may be empty. */
  take(chunk: Uint8Array): Uint8Array {
    let bytes = chunk
    while (bytes.byteLength > 0) {
      if (this.#phase === 'passing') return bytes
      bytes = this.#phase === 'interim' ? this.#behindInterim(bytes) : this.#statusLine(bytes)
    }
    return bytes
  }

  /** Decides as soon as the status is there, and holds back what is less than that. */
  #statusLine(chunk: Uint8Array): Uint8Array {
    const joined = this.#held.byteLength === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const bytes = withoutEmptyLines(joined)
    const head = bytes.subarray(0, SHAPE.byteLength)
    if (!head.every(fitsShape)) {
      this.#seen = 'garbage'
    } else if (head.byteLength < SHAPE.byteLength) {
      this.#held = head
      return NO_BYTES
    } else {
      const status = Number(Buffer.from(head.subarray(STATUS_AT)).toString('latin1'))
      if (status >= 100 && status < 200 && status !== 101) {
        this.#phase = 'interim'
        this.#lineLength = SHAPE.byteLength
        return bytes.subarray(SHAPE.byteLength)
      }
      this.#seen = status
    }
    this.#phase = 'passing'
    this.#held = NO_BYTES
    return bytes
  }

  #behindInterim(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.byteLength; i++) {
      const byte = bytes[i]
      if (byte === LF) {
        if (this.#lineLength === 0) {
          this.#phase = 'status-line'
          this.#held = NO_BYTES
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

/** Some servers end a body with a line break too many; parsers pass over it (RFC 9112, section 2.2). */
function withoutEmptyLines(bytes: Uint8Array): Uint8Array {
  let from = 0
  while (bytes[from] === CR || bytes[from] === LF) from++
  return bytes.subarray(from)
}
