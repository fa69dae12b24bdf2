// SPDX-License-Identifier: Apache-2.0

/** KeyValue.key, string. */
export const KEY = 0x0a
/** KeyValue.value, a message. */
export const VALUE = 0x12

/** The start of a KeyValue, up to the length of its value: tag of the key, length, key, tag of the value. */
export interface EncodedKey {
  /** In bytes. */
  readonly length: number
  /**
   * The bytes, eight in a word: for so few bytes, a few stores of whole words are faster than a copy. The words are doubles,
   * because V8 would allocate an object for each BigInt. None of them is a NaN, whose bits might change when it is moved. In a
   * NaN, byte 7 is 0x7f or 0xff and byte 6 is at least 0xf0, but in UTF-8 a byte from 0xf0 is followed by one from 0x80 to
   * 0xbf.
   */
  readonly words: Float64Array
}

/** Enough for keys of up to 100 characters, which are at most 300 bytes. */
const SCRATCH = Buffer.alloc(320)

export function encodeKey(key: string): EncodedKey {
  const bytes = key.length <= 100 ? SCRATCH : Buffer.alloc(3 * key.length + 20)
  const size = Buffer.byteLength(key)
  let length = 0
  bytes[length++] = KEY
  for (let rest = size; ; rest >>>= 7) {
    bytes[length++] = rest > 0x7f ? (rest & 0x7f) | 0x80 : rest
    if (rest <= 0x7f) break
  }
  length += bytes.write(key, length)
  bytes[length++] = VALUE
  const words = new Float64Array(Math.ceil(length / 8))
  bytes.fill(0, length, 8 * words.length)
  // Does not use a view of `words`: reading its `buffer` would move it out of V8's heap, which would be most of the cost.
  for (let word = 0; word < words.length; word++) words[word] = bytes.readDoubleLE(8 * word)
  return { length, words }
}
