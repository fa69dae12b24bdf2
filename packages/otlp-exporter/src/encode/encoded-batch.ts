// SPDX-License-Identifier: Apache-2.0
import type { BufferPool } from './buffer-pool.js'
import type { ByteWriter } from './byte-writer.js'
import { type GroupPrefixes, requestParts, type ResourcePart, type SpanFormat } from './span-format.js'

/** What a batch encoder hands over when it is finished. */
export interface EncodedBatchParts {
  readonly format: SpanFormat
  readonly pool: BufferPool
  /** Holds the bytes of the spans. The encoded batch owns it from now on. */
  readonly writer: ByteWriter
  readonly groups: readonly GroupPrefixes[]
  /** The group of each span. */
  readonly groupOf: readonly number[]
  /** Where the bytes of each span end. */
  readonly ends: readonly number[]
}

/**
 * The spans of one finished batch as bytes. A request can be assembled from any range of them, so a request that is too large
 * for the receiver can be halved without encoding anything again.
 *
 * Owns the buffer of the spans from {@link BatchEncoder.finish} until {@link release}. Each assembled request has memory and a
 * `release` of its own.
 */
export class EncodedBatch {
  readonly spanCount: number
  /** The size of a request with all spans, in bytes. */
  readonly byteLength: number
  readonly #parts: EncodedBatchParts
  #isReleased = false

  constructor(parts: EncodedBatchParts) {
    this.#parts = parts
    this.spanCount = parts.ends.length
    this.byteLength = parts.format.requestLength(this.#requestParts(0, this.spanCount))
  }

  /**
   * The request with the spans from index `from` up to, but not including, `to`. Throws a RangeError for a range outside the
   * batch, and an Error after {@link release}.
   */
  assemble(from: number, to: number): AssembledRequest {
    if (this.#isReleased) throw new Error('the batch was released')
    if (!(from >= 0 && from <= to && to <= this.spanCount))
      throw new RangeError(`spans ${from} to ${to} are outside a batch of ${this.spanCount}`)
    const { format, pool, writer } = this.#parts
    const parts = this.#requestParts(from, to)
    const length = format.requestLength(parts)
    const buffer = pool.take(length)
    format.writeRequest(parts, writer.bytes, buffer)
    return new AssembledRequest(pool, buffer, length)
  }

  /** Gives the buffer of the spans back to the pool. Requests that were assembled before stay valid. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#parts.writer.release()
  }

  #requestParts(from: number, to: number): ResourcePart[] {
    const { groups, groupOf, ends } = this.#parts
    return requestParts(groups, groupOf, ends, from, to)
  }
}

/**
 * One request body in a buffer of the pool. The caller that assembled it owns it, and releases it only when the bytes are no
 * longer being read, because the next batch writes into the same buffer. A body that may still be read is left to the garbage
 * collector.
 */
export class AssembledRequest {
  readonly bytes: Uint8Array
  readonly #pool: BufferPool
  /** The whole buffer that contains `bytes`; undefined after it was given back. */
  #buffer: Buffer | undefined

  constructor(pool: BufferPool, buffer: Buffer, length: number) {
    this.bytes = buffer.subarray(0, length)
    this.#pool = pool
    this.#buffer = buffer
  }

  /** Gives the buffer back to the pool. A second call does nothing: a buffer in the pool twice would get two owners. */
  release(): void {
    if (this.#buffer !== undefined) this.#pool.give(this.#buffer)
    this.#buffer = undefined
  }
}
