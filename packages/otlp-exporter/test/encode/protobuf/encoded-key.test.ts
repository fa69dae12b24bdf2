// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { encodeKey } from '../../../src/encode/protobuf/encoded-key.js'

test('an encoded key is the same whatever was encoded before it', () => {
  for (const key of [
    '',
    'k',
    'plain.key',
    'k'.repeat(70),
    'ключ',
    '😀'.repeat(50),
    'k'.repeat(100),
    '\u007f'.repeat(99),
    'é'.repeat(150),
  ]) {
    const { length, words } = encodeKey(key)
    const text = Buffer.from(key)
    const start = text.length > 0x7f ? [0x0a, (text.length & 0x7f) | 0x80, text.length >>> 7] : [0x0a, text.length]
    const bytes = Buffer.from(words.buffer)
    expect(bytes.subarray(0, length)).toEqual(Buffer.from([...start, ...text, 0x12]))
    expect(bytes.subarray(length).every((byte) => byte === 0)).toBe(true)
  }
})
