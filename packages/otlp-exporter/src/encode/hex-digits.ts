// SPDX-License-Identifier: Apache-2.0

/** Marks a character that is not a hex digit; a bit that no digit has. */
export const NOT_HEX = 0x80

/** The value of each hex digit by its character code; of both cases, since an id generator may be anybody's. */
export const HEX_DIGITS: Uint8Array = new Uint8Array(128).fill(NOT_HEX)
for (let value = 0; value < 16; value++) {
  const character = value.toString(16)
  HEX_DIGITS[character.charCodeAt(0)] = value
  HEX_DIGITS[character.toUpperCase().charCodeAt(0)] = value
}
