// SPDX-License-Identifier: Apache-2.0
import { type BufferPool, sizeOf } from './buffer-pool.js'

/** Thrown by {@link ByteWriter.reserve}; one object, since a stack trace would cost more than the span it is about. */
export const TOO_LARGE: Error = new Error('the span does not fit into a request')

/**
 * What a writer may go past its limit: a reservation is for the worst case, and a span at the limit is judged by what it
 * came to. In bytes; more than the worst case of any text that is not measured beforehand.
 */
const SLACK_BYTES = 4096

/** A buffer of less than this part of the size is worth a copy. */
const WELL_USED = 0.75

const EMPTY: Buffer = Buffer.alloc(0)
const EMPTY_VIEW: DataView = viewOf(EMPTY)

/**
 * Bytes in a buffer of a pool that is taken with the first byte and grows as needed. Nothing that writes looks at capacity by itself: the caller reserves
 * for the worst case first, and may then write beyond `pos` up to what was reserved.
 */
export class ByteWriter {
  /** How much is written. Setting it back takes a span out again. */
  pos = 0
  bytes: Buffer = EMPTY
  /** Of the same memory as `bytes`; both are replaced when it grows. */
  view: DataView = EMPTY_VIEW
  /** Most bytes that may be written. */
  limit: number
  /** What the last refused reservation was for. */
  refusedBytes = 0
  readonly #pool: BufferPool

  constructor(pool: BufferPool, limit: number) {
    this.#pool = pool
    this.limit = limit
  }

  /** Makes room for `count` more bytes, or throws {@link TOO_LARGE}. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.#grow(count)
  }

  /**
   * Puts an ASCII text at `at` and returns where it ends, or -1 when it is not ASCII. Four characters are one store: in
   * a loop of single bytes the bounds checks cost more than the bytes.
   */
  ascii(text: string, at: number): number {
    const { bytes, view } = this
    const { length } = text
    const end = at + length
    let i = 0
    for (; i + 3 < length; i += 4) {
      const a = text.charCodeAt(i)
      const b = text.charCodeAt(i + 1)
      const c = text.charCodeAt(i + 2)
      const d = text.charCodeAt(i + 3)
      if ((a | b | c | d) > 0x7f) return -1
      view.setInt32(at + i, a | (b << 8) | (c << 16) | (d << 24), true)
    }
    for (; i < length; i++) {
      const a = text.charCodeAt(i)
      if (a > 0x7f) return -1
      bytes[at + i] = a
    }
    return end
  }

  /** How many bytes of UTF-8 `text` is. Throws before counting when it cannot fit anyway. */
  utf8Length(text: string): number {
    if (text.length > this.limit) this.#refuse(text.length)
    return Buffer.byteLength(text)
  }

  /** Appends UTF-8 for which room was reserved. A lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    this.pos += this.bytes.write(text, this.pos)
  }

  /** Everything written, in memory of its own. */
  copy(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(0, this.pos))
  }

  /** Moves what is written into a smaller buffer if that saves much: it may have to wait for long. */
  shrink(): void {
    if (sizeOf(this.pos) < this.bytes.length * WELL_USED) this.#move(this.#pool.take(this.pos))
  }

  /** Gives the buffer back to the pool; whoever writes again takes another. */
  release(): void {
    this.#pool.give(this.bytes)
    this.bytes = EMPTY
    this.view = EMPTY_VIEW
    this.pos = 0
  }

  #grow(count: number): void {
    const needed = this.pos + count
    const most = this.limit + SLACK_BYTES
    if (needed > most) this.#refuse(count)
    this.#move(this.#pool.takeUsual(most, Math.max(needed, 2 * this.bytes.length)))
  }

  #move(buffer: Buffer): void {
    this.bytes.copy(buffer, 0, 0, this.pos)
    this.#pool.give(this.bytes)
    this.bytes = buffer
    this.view = viewOf(buffer)
  }

  #refuse(count: number): never {
    this.refusedBytes = count
    throw TOO_LARGE
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
