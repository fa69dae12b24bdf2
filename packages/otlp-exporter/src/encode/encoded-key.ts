// SPDX-License-Identifier: Apache-2.0

/** KeyValue.key, string. */
const KEY_TAG = 0x0a
/** KeyValue.value, a message. */
const VALUE_TAG = 0x12

/** A KeyValue up to the length of its value: tag of the key, length, key, tag of the value. */
export interface EncodedKey {
  /** In bytes. */
  readonly length: number
  /** The bytes, four in a word with the first lowest: stores of whole words are faster than copying that few bytes. */
  readonly words: Int32Array
}

export function encodeKey(key: string): EncodedKey {
  const text = Buffer.from(key)
  const head: number[] = [KEY_TAG]
  let rest = text.length
  for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80)
  head.push(rest)
  const length = head.length + text.length + 1
  const words = new Int32Array(Math.ceil(length / 4))
  const bytes = new Uint8Array(words.buffer)
  bytes.set(head)
  bytes.set(text, head.length)
  bytes[length - 1] = VALUE_TAG
  // A no-op where integers are little-endian in memory, too.
  const view = new DataView(words.buffer)
  for (let word = 0; word < words.length; word++) words[word] = view.getInt32(4 * word, true)
  return { length, words }
}
