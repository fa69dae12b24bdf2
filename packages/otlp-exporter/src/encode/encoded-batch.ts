// SPDX-License-Identifier: Apache-2.0

/**
 * The spans of one export as bytes, still divisible: a request that is too large for the receiver is halved without
 * encoding anything again.
 */
export interface EncodedBatch {
  readonly spanCount: number
  /** Size of the request body with every span, in bytes. */
  readonly byteLength: number
  /** The request body with the spans `from` to `to`, the second exclusive; in memory of its own. */
  assemble(from: number, to: number): Uint8Array
  /** Gives the memory back; nothing may be assembled after. */
  release(): void
}
