// SPDX-License-Identifier: Apache-2.0
import type { BufferPool } from './buffer-pool.js'
import type { ByteWriter } from './byte-writer.js'
import { type GroupPrefixes, requestParts, type ResourcePart, type SpanFormat } from './span-format.js'

/** What a batch encoder hands over when it is finished. */
export interface EncodedBatchParts {
  readonly format: SpanFormat
  readonly pool: BufferPool
  /** Holds the bytes of the spans. It belongs to the encoded batch from here on. */
  readonly writer: ByteWriter
  readonly groups: readonly GroupPrefixes[]
  /** The group of each span, and where its bytes end. */
  readonly groupOf: readonly number[]
  readonly ends: readonly number[]
}

/**
 * The spans of one finished batch as bytes. A request can be assembled from any range of them: one that is too large for
 * the receiver is halved without encoding anything again.
 *
 * Owns the buffer of the spans from {@link BatchEncoder.finish} until {@link release}. Each assembled request is memory of
 * its own, with its own `release`.
 */
export class EncodedBatch {
  readonly spanCount: number
  /** Size of the request with every span, in bytes. */
  readonly byteLength: number
  readonly #parts: EncodedBatchParts
  #isReleased = false

  constructor(parts: EncodedBatchParts) {
    this.#parts = parts
    this.spanCount = parts.ends.length
    this.byteLength = parts.format.requestLength(this.#requestParts(0, this.spanCount))
  }

  /**
   * The request with the spans from index `from` up to, not including, `to`. Throws a RangeError for a range outside the
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
 * One request body in a buffer of the pool. Whoever assembled it owns it, and releases it only when nobody reads the bytes
 * any more: the next batch writes into the same buffer. A body that may still be read is left to the garbage collector.
 */
export class AssembledRequest {
  readonly bytes: Uint8Array
  readonly #pool: BufferPool
  /** The whole buffer under `bytes`; undefined once it was given back. */
  #buffer: Buffer | undefined

  constructor(pool: BufferPool, buffer: Buffer, length: number) {
    this.bytes = buffer.subarray(0, length)
    this.#pool = pool
    this.#buffer = buffer
  }

  /** Gives the buffer back to the pool. A second call does nothing: in the pool twice, it would go to two owners. */
  release(): void {
    if (this.#buffer !== undefined) this.#pool.give(this.#buffer)
    this.#buffer = undefined
  }
}
