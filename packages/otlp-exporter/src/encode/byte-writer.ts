// SPDX-License-Identifier: Apache-2.0
import type { BufferPool } from './buffer-pool.js'

/** Thrown by {@link ByteWriter.reserve}. It is a constant, because a stack trace would cost more than encoding a span. */
export const TOO_LARGE: Error = new Error('the span is larger than the batch may be')

/**
 * How far a writer may exceed its limit, in bytes. Space is reserved for the worst case, but whether a span fits depends on
 * its true size. Must be more than the worst case of any text that is not measured beforehand.
 */
const SLACK_BYTES = 4096

/** Moving to a smaller buffer is worth a copy if its size is below this share of the present one. */
const WELL_USED = 0.75

const EMPTY: Buffer = Buffer.alloc(0)
const EMPTY_VIEW: DataView = viewOf(EMPTY)

/**
 * Writes into a buffer of the pool. It takes the buffer with the first byte, replaces it by a larger one as needed, and owns
 * it until {@link release}. The capacity is not checked while writing: the caller first reserves space for the worst case,
 * and may then write that far beyond `pos`.
 */
export class ByteWriter {
  /** The number of bytes written. Setting it back removes a span. */
  pos = 0
  bytes: Buffer = EMPTY
  /** A view of the same memory as `bytes`. Both are replaced when the buffer grows. */
  view: DataView = EMPTY_VIEW
  /** The most bytes that may be written. */
  limit: number
  /** How many bytes {@link reserve} refused last. */
  refusedBytes = 0
  readonly #pool: BufferPool

  constructor(pool: BufferPool, limit: number) {
    this.#pool = pool
    this.limit = limit
  }

  /** Makes space for `count` more bytes, or throws {@link TOO_LARGE}. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.#grow(count)
  }

  /**
   * Writes an ASCII text at `at` and returns where it ends, or -1 if it is not ASCII. Stores four characters at a time,
   * because bounds checks for every byte would cost more than the bytes.
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

  /** The size of `text` as UTF-8, in bytes. If the text cannot fit anyway, throws {@link TOO_LARGE} without counting. */
  utf8Length(text: string): number {
    if (text.length > this.limit) this.#refuse(text.length)
    return Buffer.byteLength(text)
  }

  /** Appends `text` as UTF-8. Space must have been reserved. A lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    this.pos += this.bytes.write(text, this.pos)
  }

  /** A copy of everything written, which the caller owns. */
  copy(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(0, this.pos))
  }

  /**
   * Makes space for `extra` bytes behind everything written. Moves it into a smaller buffer if that saves much, and into a
   * larger one if needed: that may exceed the limit.
   */
  fit(extra: number): void {
    const needed = this.pos + extra
    const { length } = this.bytes
    if (needed > length || this.#pool.sizeOf(needed) < length * WELL_USED) this.#move(this.#pool.take(needed))
  }

  /** Hands the buffer over to the caller, and starts again. */
  takeBuffer(): Buffer {
    const { bytes } = this
    this.#forget()
    return bytes
  }

  /** Gives the buffer back to the pool and starts again. The next write takes another one. */
  release(): void {
    this.#pool.give(this.bytes)
    this.#forget()
  }

  #forget(): void {
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
