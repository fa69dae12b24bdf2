// SPDX-License-Identifier: Apache-2.0

/** KeyValue.key, string. */
const KEY_TAG = 0x0a
/** KeyValue.value, a message. */
const VALUE_TAG = 0x12

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

export function encodeKey(key: string): EncodedKey {
  const text = Buffer.from(key)
  const head: number[] = [KEY_TAG]
  let rest = text.length
  for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80)
  head.push(rest)
  const length = head.length + text.length + 1
  const words = new Float64Array(Math.ceil(length / 8))
  const bytes = new Uint8Array(words.buffer)
  bytes.set(head)
  bytes.set(text, head.length)
  bytes[length - 1] = VALUE_TAG
  // Where doubles are big-endian in memory this turns them round; elsewhere it changes nothing.
  const view = new DataView(words.buffer)
  for (let word = 0; word < words.length; word++) words[word] = view.getFloat64(8 * word, true)
  return { length, words }
}
