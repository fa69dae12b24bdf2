// SPDX-License-Identifier: Apache-2.0
import type { BufferPool } from '../buffer-pool.js'
import { ByteWriter } from '../byte-writer.js'
import type { KeyCache } from '../key-cache.js'
import type { EncodedKey } from './encoded-key.js'

/** In UTF-16 units. For longer texts one call into native code is faster than the loop. */
export const SHORT_TEXT = 48
const TWO_32 = 2 ** 32
const NANOS_PER_SECOND = 1_000_000_000
/** 10^9 = 2^9 · 1953125: `seconds · 1953125` is exact in a double until the year 2116, and the rest is a shift. */
const ODD_PART_OF_NANOS = 1_953_125
const EXACT_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / ODD_PART_OF_NANOS)
/** The last second that fixed64 nanoseconds can represent, and that only in part. */
const LAST_SECOND = Math.floor(2 ** 64 / NANOS_PER_SECOND)

/**
 * Writes the wire types of protobuf. The caller passes each tag as its encoded byte. A method reserves its own space unless
 * its description says otherwise.
 */
export class ProtobufWriter extends ByteWriter {
  readonly keys: KeyCache<EncodedKey>
  /** How many more nested arrays, maps and entries the span being written may have; see `MAX_NESTED`. */
  nestedLeft = 0
  #traceId = ''
  #traceWord0 = 0
  #traceWord1 = 0
  #traceWord2 = 0
  #traceWord3 = 0
  #second = 0
  #secondLow = 0
  #secondHigh = 0

  constructor(pool: BufferPool, limit: number, keys: KeyCache<EncodedKey>) {
    super(pool, limit)
    this.keys = keys
  }

  /** Starts a message, leaving `lengthBytes` bytes for its length. Pass the returned position to {@link close}. */
  open(tag: number, lengthBytes: 1 | 2): number {
    this.reserve(3)
    this.bytes[this.pos] = tag
    this.pos += 1 + lengthBytes
    return this.pos
  }

  /** Writes the length of the message whose content starts at `from`. Moves the content if the length has another size. */
  close(from: number, lengthBytes: 1 | 2): void {
    const length = this.pos - from
    const { bytes } = this
    if (lengthBytes === 1 && length < 0x80) {
      bytes[from - 1] = length
    } else if (lengthBytes === 2 && length >= 0x80 && length < 0x4000) {
      bytes[from - 2] = length | 0x80
      bytes[from - 1] = length >>> 7
    } else {
      this.#closeMoved(from, length, lengthBytes)
    }
  }

  #closeMoved(from: number, length: number, lengthBytes: number): void {
    this.reserve(5)
    const start = from - lengthBytes
    const to = start + varintLength(length)
    this.bytes.copyWithin(to, from, this.pos)
    this.pos = start
    this.putVarint(length)
    this.pos = to + length
  }

  /** Writes an unsigned integer below 2^32. Five bytes must have been reserved. */
  putVarint(value: number): void {
    const { bytes } = this
    let { pos } = this
    let rest = value
    while (rest > 0x7f) {
      bytes[pos++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[pos++] = rest
    this.pos = pos
  }

  /** Writes a 64-bit integer, given in two halves. Ten bytes must have been reserved. */
  putVarint64(low: number, high: number): void {
    let lower = low >>> 0
    let upper = high >>> 0
    while (upper > 0) {
      this.bytes[this.pos++] = (lower & 0x7f) | 0x80
      lower = ((lower >>> 7) | (upper << 25)) >>> 0
      upper >>>= 7
    }
    this.putVarint(lower)
  }

  /** Writes the start of a KeyValue, up to the length of its value. */
  key({ length, words }: EncodedKey): void {
    // The last word may extend seven bytes past the key.
    this.reserve(length + 8)
    const { view, pos } = this
    for (let i = 0; i < words.length; i++) view.setFloat64(pos + 8 * i, words[i]!, true)
    this.pos = pos + length
  }

  /** Throws for anything but a string: an object that imitates one could set the position to anything. */
  text(tag: number, text: string): void {
    if (typeof text !== 'string') throw new TypeError('expected a string')
    const { length } = text
    if (length <= SHORT_TEXT) {
      this.reserve(length + 2)
      const { bytes, pos } = this
      bytes[pos] = tag
      bytes[pos + 1] = length
      const end = this.ascii(text, pos + 2)
      if (end >= 0) {
        this.pos = end
        return
      }
    }
    this.#anyText(tag, text)
  }

  #anyText(tag: number, text: string): void {
    const size = this.utf8Length(text)
    this.reserve(size + 6)
    this.bytes[this.pos++] = tag
    this.putVarint(size)
    this.utf8(text)
  }

  bytesField(tag: number, content: Uint8Array, length: number): void {
    this.reserve(length + 6)
    this.bytes[this.pos++] = tag
    this.putVarint(length)
    this.bytes.set(content, this.pos)
    this.pos += length
  }

  /** Throws unless the id is 32 hex digits, not all zero. Remembers the last id: spans of a trace tend to end together. */
  traceId(tag: number, id: string): void {
    // Check before comparing: the remembered id is the empty string at first.
    if (typeof id !== 'string' || id.length !== 32) throw new TypeError('expected a trace id of 32 hex digits')
    if (id !== this.#traceId) this.#readTraceId(id)
    this.reserve(18)
    const { bytes, view, pos } = this
    bytes[pos] = tag
    bytes[pos + 1] = 16
    view.setInt32(pos + 2, this.#traceWord0, true)
    view.setInt32(pos + 6, this.#traceWord1, true)
    view.setInt32(pos + 10, this.#traceWord2, true)
    view.setInt32(pos + 14, this.#traceWord3, true)
    this.pos = pos + 18
  }

  /** Remembers an id only after all of it was found to be valid. */
  #readTraceId(id: string): void {
    const word0 = hexWord(id, 0)
    const word1 = hexWord(id, 8)
    const word2 = hexWord(id, 16)
    const word3 = hexWord(id, 24)
    if ((word0 | word1 | word2 | word3) === 0) throw new TypeError('invalid trace id: all zeros')
    this.#traceId = id
    this.#traceWord0 = word0
    this.#traceWord1 = word1
    this.#traceWord2 = word2
    this.#traceWord3 = word3
  }

  /** Throws unless the id is 16 hex digits, not all zero. */
  spanId(tag: number, id: string): void {
    if (typeof id !== 'string' || id.length !== 16) throw new TypeError('expected a span id of 16 hex digits')
    this.reserve(10)
    const first = hexWord(id, 0)
    const second = hexWord(id, 8)
    if ((first | second) === 0) throw new TypeError('invalid span id: all zeros')
    const { bytes, view, pos } = this
    bytes[pos] = tag
    bytes[pos + 1] = 8
    view.setInt32(pos + 2, first, true)
    view.setInt32(pos + 6, second, true)
    this.pos = pos + 10
  }

  /** Writes a uint32, or nothing for 0, as proto3 does. Throws for anything else. */
  count(tag: number, count: number): void {
    if (count === 0) return
    // Check the type first: `>>>` would convert an object, which runs its `valueOf` or reads its 2^31 elements.
    if (typeof count !== 'number' || count >>> 0 !== count) throw new RangeError('expected a uint32')
    this.reserve(6)
    this.bytes[this.pos++] = tag
    this.putVarint(count)
  }

  fixed32(tag: number, value: number): void {
    this.reserve(5)
    this.bytes[this.pos] = tag
    this.view.setInt32(this.pos + 1, value, true)
    this.pos += 5
  }

  double(tag: number, value: number): void {
    this.reserve(9)
    this.bytes[this.pos] = tag
    this.view.setFloat64(this.pos + 1, value, true)
    this.pos += 9
  }

  /** Writes nanoseconds since 1970 as fixed64. Throws for an invalid time. Reuses the arithmetic of times in the same second. */
  time(tag: number, time: readonly [number, number]): void {
    const seconds = time[0]
    const nanos = time[1]
    if (seconds !== this.#second) this.#setSecond(seconds)
    if (typeof nanos !== 'number' || !(nanos >= 0 && nanos < TWO_32)) throw new RangeError('invalid nanoseconds of a time')
    this.reserve(9)
    const low = this.#secondLow + nanos
    let high = this.#secondHigh
    if (low >= TWO_32 && ++high === TWO_32) throw new RangeError('a time exceeds 64 bits of nanoseconds')
    const { view, pos } = this
    this.bytes[pos] = tag
    view.setInt32(pos + 1, low | 0, true)
    view.setInt32(pos + 5, high, true)
    this.pos = pos + 9
  }

  /** Changes nothing if it throws. */
  #setSecond(seconds: number): void {
    if (!(Number.isInteger(seconds) && seconds >= 0 && seconds <= LAST_SECOND)) throw new RangeError('invalid seconds of a time')
    if (seconds <= EXACT_SECONDS) {
      const product = seconds * ODD_PART_OF_NANOS
      this.#secondLow = (product % 2 ** 23) * 2 ** 9
      this.#secondHigh = Math.floor(product / 2 ** 23)
    } else {
      const nanos = BigInt(seconds) * BigInt(NANOS_PER_SECOND)
      this.#secondLow = Number(nanos & 0xffff_ffffn)
      this.#secondHigh = Number(nanos >> 32n)
    }
    this.#second = seconds
  }
}

/** The length of the varint of a value below 2^32, in bytes. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

/** Marks a character that is not a hex digit, with a bit that no digit has. */
const NOT_HEX = 0x80

/** The value of each hex digit by its character code, in both cases: applications may bring id generators of their own. */
const HEX_DIGITS: Uint8Array = new Uint8Array(128).fill(NOT_HEX)
for (let value = 0; value < 16; value++) {
  const character = value.toString(16)
  HEX_DIGITS[character.charCodeAt(0)] = value
  HEX_DIGITS[character.toUpperCase().charCodeAt(0)] = value
}

/** The four bytes of eight hex digits, first byte lowest, as a little-endian store needs them. Throws for other characters. */
function hexWord(id: string, from: number): number {
  const a = digit(id, from)
  const b = digit(id, from + 1)
  const c = digit(id, from + 2)
  const d = digit(id, from + 3)
  const e = digit(id, from + 4)
  const f = digit(id, from + 5)
  const g = digit(id, from + 6)
  const h = digit(id, from + 7)
  if (((a | b | c | d | e | f | g | h) & NOT_HEX) !== 0) throw new TypeError('expected only hex digits in an id')
  return (a << 4) | b | (c << 12) | (d << 8) | (e << 20) | (f << 16) | (g << 28) | (h << 24)
}

function digit(id: string, at: number): number {
  const code = id.charCodeAt(at)
  return code < 128 ? HEX_DIGITS[code]! : NOT_HEX
}
