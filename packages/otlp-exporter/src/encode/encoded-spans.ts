// SPDX-License-Identifier: Apache-2.0
import type { BufferPool } from './buffer-pool.js'
import type { ByteWriter } from './byte-writer.js'
import type { EncodedBatch } from './encoded-batch.js'
import { type GroupPrefixes, requestParts, type ResourcePart, type SpanFormat } from './span-format.js'

/** What a batch encoder leaves behind: spans as bytes, and what each of them belongs to. */
export class EncodedSpans implements EncodedBatch {
  readonly spanCount: number
  readonly byteLength: number
  readonly #format: SpanFormat
  readonly #writer: ByteWriter
  readonly #pool: BufferPool
  readonly #groups: readonly GroupPrefixes[]
  readonly #groupOf: readonly number[]
  readonly #ends: readonly number[]
  #isReleased = false

  constructor(
    format: SpanFormat,
    writer: ByteWriter,
    pool: BufferPool,
    groups: readonly GroupPrefixes[],
    groupOf: readonly number[],
    ends: readonly number[],
  ) {
    this.#format = format
    this.#writer = writer
    this.#pool = pool
    this.#groups = groups
    this.#groupOf = groupOf
    this.#ends = ends
    this.spanCount = ends.length
    this.byteLength = format.requestLength(this.#parts(0, this.spanCount))
  }

  assemble(from: number, to: number): Uint8Array {
    if (this.#isReleased) throw new Error('the batch was released')
    if (!(from >= 0 && from <= to && to <= this.spanCount))
      throw new RangeError(`there are no spans ${from} to ${to} in a batch of ${this.spanCount}`)
    const parts = this.#parts(from, to)
    const length = this.#format.requestLength(parts)
    const buffer = this.#pool.take(length)
    this.#format.writeRequest(parts, this.#writer.bytes, buffer)
    return buffer.subarray(0, length)
  }

  reclaim(body: Uint8Array): void {
    // The whole of a buffer from the pool lies under a body, and only the body knows it.
    this.#pool.give(Buffer.from(body.buffer))
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#writer.release()
  }

  #parts(from: number, to: number): ResourcePart[] {
    return requestParts(this.#groups, this.#groupOf, this.#ends, from, to)
  }
}
