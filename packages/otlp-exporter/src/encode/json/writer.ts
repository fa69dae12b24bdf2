// SPDX-License-Identifier: Apache-2.0
import { MAX_NESTED } from '../attribute-values.js'
import type { BufferPool } from '../buffer-pool.js'
import { ByteWriter, TOO_LARGE } from '../byte-writer.js'
import type { KeyCache } from '../key-cache.js'

const TWO_64 = 2n ** 64n
/** An escaped surrogate: JSON.stringify writes one for each that is lone. A backslash before it may itself be escaped. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/**
 * Builds the text of one element and appends it as UTF-8. V8 keeps a string that grows by `+=` as a tree and copies it
 * once at the end, so nothing is gained by writing the parts into the buffer one by one.
 */
export class JsonWriter extends ByteWriter {
  readonly keys: KeyCache<string>
  /** Arrays and maps in others that the span being written may still have; see attribute-values.ts. */
  nestedLeft = 0
  /** What the texts of the element being written may still come to, in characters: a string cannot be longer than 2^29. */
  #charactersLeft = 0

  constructor(pool: BufferPool, limit: number, keys: KeyCache<string>) {
    super(pool, limit)
    this.keys = keys
  }

  begin(): void {
    this.nestedLeft = MAX_NESTED
    this.#charactersLeft = this.limit
  }

  /** Throws when the text has a lone surrogate, which is not UTF-8 and of which each receiver makes something else. */
  end(text: string): void {
    if (text.includes('\\ud') && LONE_SURROGATE.test(text)) throw new TypeError('a text is not well-formed')
    const size = this.utf8Length(text)
    this.reserve(size)
    this.utf8(text)
  }

  quote(text: string): string {
    if (typeof text !== 'string') throw new TypeError('not a string')
    this.spend(text.length)
    return JSON.stringify(text)
  }

  /** Accounts for a text before it is made: at least so many characters. */
  spend(characters: number): void {
    this.#charactersLeft -= characters
    if (this.#charactersLeft >= 0) return
    // All of the element, since none of it is in the buffer yet.
    this.refusedBytes = this.limit - this.#charactersLeft
    throw TOO_LARGE
  }

  /** The start of a KeyValue, up to its value. */
  key(key: string): string {
    this.spend(key.length)
    return this.keys.find(key) ?? quoteKey(key)
  }

  /** Nanoseconds since 1970 in quotes. Throws for a time that is none. */
  time(time: readonly [number, number]): string {
    const seconds = time[0]
    const fraction = time[1]
    if (!(Number.isInteger(seconds) && seconds >= 0)) throw new RangeError('a time has no such second')
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction < 2 ** 32))
      throw new RangeError('a time has no such nanoseconds')
    const nanos = Math.trunc(fraction)
    if (seconds > 0 && seconds < 1e10 && nanos < 1e9) return `"${seconds}${String(nanos).padStart(9, '0')}"`
    const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanos)
    if (total >= TWO_64) throw new RangeError('a time does not fit into 64 bits of nanoseconds')
    return `"${total}"`
  }

  /** `,"name":7`, or nothing for 0. Throws for what is no uint32. */
  count(name: string, count: number): string {
    if (count === 0) return ''
    // See ProtobufWriter.count.
    if (typeof count !== 'number' || count >>> 0 !== count) throw new RangeError('a count is none')
    return `,"${name}":${count}`
  }
}

export function quoteKey(key: string): string {
  return `{"key":${JSON.stringify(key)},"value":`
}
