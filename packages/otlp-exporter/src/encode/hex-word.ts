// SPDX-License-Identifier: Apache-2.0

/** Marks a character that is not a hex digit; a bit that no digit has. */
const NOT_HEX = 0x80

/** The value of each hex digit by its character code; of both cases, since an id generator may be anybody's. */
const HEX_DIGITS: Uint8Array = new Uint8Array(128).fill(NOT_HEX)
for (let value = 0; value < 16; value++) {
  const character = value.toString(16)
  HEX_DIGITS[character.charCodeAt(0)] = value
  HEX_DIGITS[character.toUpperCase().charCodeAt(0)] = value
}

/**
 * The four bytes of eight hex digits, the first in the lowest, as a little-endian store wants them. Throws for anything
 * that is not a hex digit.
 */
export function hexWord(id: string, from: number): number {
  const a = digit(id, from)
  const b = digit(id, from + 1)
  const c = digit(id, from + 2)
  const d = digit(id, from + 3)
  const e = digit(id, from + 4)
  const f = digit(id, from + 5)
  const g = digit(id, from + 6)
  const h = digit(id, from + 7)
  if (((a | b | c | d | e | f | g | h) & NOT_HEX) !== 0) throw new TypeError('an id has a character that is not a hex digit')
  return (a << 4) | b | (c << 12) | (d << 8) | (e << 20) | (f << 16) | (g << 28) | (h << 24)
}

function digit(id: string, at: number): number {
  const code = id.charCodeAt(at)
  return code < 128 ? HEX_DIGITS[code]! : NOT_HEX
}
