// SPDX-License-Identifier: Apache-2.0

/** KeyValue.key, string. */
export const KEY = 0x0a
/** KeyValue.value, a message. */
export const VALUE = 0x12

/** A KeyValue up to the length of its value: tag of the key, length, key, tag of the value. */
export interface EncodedKey {
  /** In bytes. */
  readonly length: number
  /**
   * The bytes, eight in a word: a few stores of whole words are faster than copying that few bytes. As doubles, since V8
   * would make an object of each BigInt. None of them is a NaN, whose bits may change on the way: byte 7 of one is 0x7f
   * or 0xff and byte 6 at least 0xf0, and in UTF-8 that byte begins a character that goes on with 0x80 to 0xbf.
   */
  readonly words: Float64Array
}

/** For keys of any usual length: 100 characters come to 300 bytes at most. */
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
  // Not by a view of the words themselves: who asks for their buffer moves it out of the heap, which costs most of all.
  for (let word = 0; word < words.length; word++) words[word] = bytes.readDoubleLE(8 * word)
  return { length, words }
}
