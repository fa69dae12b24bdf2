// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginningAtEnd, decode } from '../../../src/transport/redaction/spellings.js'

test('every character of what was decoded has its place in the text', () => {
  const units = fc.constantFrom(
    'a',
    'B',
    ' ',
    '+',
    '%',
    '%41',
    '%e9',
    '\\',
    '\\\\',
    String.raw`\u0041`,
    '&',
    '&amp;',
    '&#65;',
    'é',
    '"',
  )
  fc.assert(
    fc.property(fc.array(units, { maxLength: 30 }), (pieces) => {
      const source = pieces.join('')
      const { text, starts } = decode(source)
      expect(starts.length).toBe(text.length + 1)
      expect(starts.at(-1)).toBe(source.length)
      expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b))
      // What stands at a character's place says that character.
      const again = Array.from(text, (_, at) => decode(source.slice(starts[at], starts[at + 1])).text).join('')
      expect(again).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test('the beginning of a word that a text ends with is the longest', () => {
  const letters = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b') })
  fc.assert(
    fc.property(letters, letters, (word, text) => {
      let longest = 0
      for (let length = 1; length < word.length; length++) if (text.endsWith(word.slice(0, length))) longest = length
      expect(beginningAtEnd(word, text)).toBe(longest)
    }),
    { numRuns: 3000 },
  )
})
