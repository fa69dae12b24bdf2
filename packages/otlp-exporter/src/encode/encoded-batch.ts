// SPDX-License-Identifier: Apache-2.0

/**
 * The spans of one export as bytes, still divisible: a request that is too large for the receiver is halved without
 * encoding anything again.
 */
export interface EncodedBatch {
  readonly spanCount: number
  /** Size of the request body with every span, in bytes. */
  readonly byteLength: number
  /** The request body with the spans `from` to `to`, the second exclusive; in memory that is nobody else's. */
  assemble(from: number, to: number): Uint8Array
  /** Takes a body back whose memory nobody reads any more. A body that is not given back is left to the garbage collector. */
  reclaim(body: Uint8Array): void
  /** Gives the memory of the spans back; nothing may be assembled after. */
  release(): void
}
