// SPDX-License-Identifier: Apache-2.0
import { MAX_NESTED } from '../attribute-values.js'
import type { BufferPool } from '../buffer-pool.js'
import { ByteWriter, TOO_LARGE } from '../byte-writer.js'
import type { KeyCache } from '../key-cache.js'

const TWO_64 = 2n ** 64n
/** An escaped surrogate, which JSON.stringify writes only for a lone one. A backslash before it may itself be escaped. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/**
 * Appends the text of one element at a time as UTF-8. V8 represents a string that grows by `+=` as a tree and copies it once
 * at the end, so nothing would be gained by writing the parts into the buffer one by one.
 */
export class JsonWriter extends ByteWriter {
  readonly keys: KeyCache<string>
  /** How many more nested arrays, maps and entries the span being written may have; see `MAX_NESTED`. */
  nestedLeft = 0
  /** How many more characters the element being written may have. In V8 a string cannot be longer than 2^29. */
  #charactersLeft = 0

  constructor(pool: BufferPool, limit: number, keys: KeyCache<string>) {
    super(pool, limit)
    this.keys = keys
  }

  /** Starts an element, and resets the limits that apply to each one. */
  begin(): void {
    this.nestedLeft = MAX_NESTED
    this.#charactersLeft = this.limit
  }

  /** Appends the element. Throws for a lone surrogate: UTF-8 cannot represent it, and receivers treat it differently. */
  end(text: string): void {
    if (text.includes('\\ud') && LONE_SURROGATE.test(text)) throw new TypeError('lone surrogate in a text')
    const size = this.utf8Length(text)
    this.reserve(size)
    this.utf8(text)
  }

  quote(text: string): string {
    if (typeof text !== 'string') throw new TypeError('expected a string')
    this.spend(text.length)
    return JSON.stringify(text)
  }

  /** Counts at least `characters` characters before they are built. Throws {@link TOO_LARGE} if too few are left. */
  spend(characters: number): void {
    this.#charactersLeft -= characters
    if (this.#charactersLeft >= 0) return
    // Counts the whole element so far, because none of it is in the buffer yet.
    this.refusedBytes = this.limit - this.#charactersLeft
    throw TOO_LARGE
  }

  /** The start of a KeyValue, up to its value. */
  key(key: string): string {
    this.spend(key.length)
    return this.keys.find(key) ?? quoteKey(key)
  }

  /** A time as nanoseconds since 1970, in quotes. Throws for an invalid time. */
  time(time: readonly [number, number]): string {
    const seconds = time[0]
    const fraction = time[1]
    if (!(Number.isInteger(seconds) && seconds >= 0)) throw new RangeError('invalid seconds of a time')
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction < 2 ** 32))
      throw new RangeError('invalid nanoseconds of a time')
    const nanos = Math.trunc(fraction)
    if (seconds > 0 && seconds < 1e10 && nanos < 1e9) return `"${seconds}${String(nanos).padStart(9, '0')}"`
    const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanos)
    if (total >= TWO_64) throw new RangeError('a time exceeds 64 bits of nanoseconds')
    return `"${total}"`
  }

  /** `,"name":7`, or nothing for 0. Throws for anything but a uint32. */
  count(name: string, count: number): string {
    if (count === 0) return ''
    // See ProtobufWriter.count.
    if (typeof count !== 'number' || count >>> 0 !== count) throw new RangeError('expected a uint32')
    return `,"${name}":${count}`
  }
}

export function quoteKey(key: string): string {
  return `{"key":${JSON.stringify(key)},"value":`
}
