// SPDX-License-Identifier: Apache-2.0
import * as zlib from 'node:zlib'

type Checksum = (bytes: Uint8Array, seed?: number) => number

let table: Uint32Array | undefined

/** For Node.js before 20.15 and 22.2, and for runtimes whose zlib lacks it. A tenth as fast. */
export function crc32ByTable(bytes: Uint8Array, seed = 0): number {
  table ??= makeTable()
  let sum = ~seed
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ (table[(sum ^ (bytes[i] ?? 0)) & 0xff] ?? 0)
  return ~sum >>> 0
}

/** The CRC32 of zlib and PNG, as an unsigned number. `seed` is the sum of the bytes before. */
export const crc32: Checksum = (zlib as { readonly crc32?: Checksum }).crc32 ?? crc32ByTable

function makeTable(): Uint32Array {
  const sums = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
    sums[byte] = sum
  }
  return sums
}
