// SPDX-License-Identifier: Apache-2.0

/** Of a value below 2^32, in bytes. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}
