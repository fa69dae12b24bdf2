// SPDX-License-Identifier: Apache-2.0
import { type BufferPool, FRONT_BYTES, HEADER_BYTES } from './buffer-pool.js'
import { type GroupPrefixes, requestParts, type ResourcePart, type SpanFormat } from './span-format.js'

/** What a batch encoder hands over when it is finished. */
export interface EncodedBatchParts {
  readonly format: SpanFormat
  /** Lends buffers for requests that cannot be assembled where the spans are. */
  readonly pool: BufferPool
  /** Begins with the bytes of the spans, and has `FRONT_BYTES` of memory in front of it. The encoded batch owns all of it. */
  readonly buffer: Buffer
  /** How many bytes of the buffer a request may use. What lies behind them is not touched. */
  readonly usableBytes: number
  readonly groups: readonly GroupPrefixes[]
  /** The group of each span. */
  readonly groupOf: ArrayLike<number>
  /** Where the bytes of each span end. */
  readonly ends: ArrayLike<number>
  /** Takes the buffer back. Unless `isFree`, somebody may still be reading it. */
  readonly giveBack: (isFree: boolean) => void
}

/**
 * The spans of one finished batch as bytes. A request can be assembled from any range of them, so a request that is too large
 * for the receiver can be halved without encoding anything again.
 *
 * Owns the buffer of the spans until {@link release}. A request of the first spans with a single resource and scope, which is
 * the usual one, is assembled in that buffer without a copy: what it says before its spans is written in front of them. Any
 * other request gets memory of its own. Either way it has a `release` of its own.
 */
export class EncodedBatch {
  readonly spanCount: number
  /** The size of a request with all spans, in bytes. */
  readonly byteLength: number
  readonly parts: EncodedBatchParts
  #isReleased = false
  /** Whether a request in the buffer of the spans was assembled and not released: it may be being read. */
  #isBeingRead = false
  #isLent = false
  #onReleased: (() => void) | undefined

  constructor(parts: EncodedBatchParts) {
    this.parts = parts
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
    const { format, pool, buffer } = this.parts
    const parts = this.#requestParts(from, to)
    const length = format.requestLength(parts)
    const start = this.#startInPlace(parts, length)
    if (start >= 0) {
      const bytes = Buffer.from(buffer.buffer, start, length)
      format.writeRequest(parts, buffer, bytes)
      this.#isBeingRead = true
      return new AssembledRequest(bytes, () => (this.#isBeingRead = false))
    }
    const copy = pool.take(length)
    const bytes = copy.subarray(0, length)
    format.writeRequest(parts, buffer, bytes)
    return new AssembledRequest(bytes, () => pool.give(copy))
  }

  /**
   * Lends the buffer to another thread. Until {@link takeBack} it is not given back, even if the batch is released. A
   * request that is assembled meanwhile would be written to the same memory, so there must be none.
   */
  lend(): void {
    this.#isLent = true
  }

  /** The other thread no longer uses the buffer. Unless `isFree`, its socket may still be reading it. */
  takeBack(isFree: boolean): void {
    this.#isLent = false
    if (!isFree) this.#isBeingRead = true
    if (this.#isReleased) this.#giveBack()
  }

  /**
   * Gives the buffer of the spans back to the pool, and then calls `onReleased`. Requests with memory of their own that were
   * assembled before stay valid.
   */
  release(onReleased?: () => void): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#onReleased = onReleased
    if (!this.#isLent) this.#giveBack()
  }

  #giveBack(): void {
    this.parts.giveBack(!this.#isBeingRead)
    this.#onReleased?.()
  }

  /** Where a request that is assembled around its spans starts in their memory; -1 if it needs memory of its own. */
  #startInPlace([resource, ...others]: readonly ResourcePart[], length: number): number {
    if (resource === undefined || others.length > 0 || resource.scopes.length > 1 || this.#isBeingRead) return -1
    const { format, buffer, usableBytes } = this.parts
    const { ranges } = resource.scopes[0]!
    const end = ranges[1]! + format.tailBytes
    // Behind the last span of the batch there is room for the end of a request. Behind any other one is the next span.
    const isWhole = ranges[1] === this.parts.ends[this.spanCount - 1]
    if (ranges.length > 2 || ranges[0] !== 0 || end > usableBytes || !(isWhole || format.tailBytes === 0)) return -1
    const start = buffer.byteOffset + end - length
    return start >= buffer.byteOffset - FRONT_BYTES + HEADER_BYTES ? start : -1
  }

  #requestParts(from: number, to: number): ResourcePart[] {
    const { groups, groupOf, ends } = this.parts
    return requestParts(groups, groupOf, ends, from, to)
  }
}

/**
 * One request body. The caller that assembled it owns it, and releases it only when the bytes are no longer being read, because
 * the next batch writes into the same memory. A body that may still be read is not released: its memory is left to the garbage
 * collector.
 */
export class AssembledRequest {
  readonly bytes: Uint8Array
  #onRelease: (() => void) | undefined

  constructor(bytes: Uint8Array, onRelease: () => void) {
    this.bytes = bytes
    this.#onRelease = onRelease
  }

  /** Gives the memory back. A second call does nothing: a buffer in the pool twice would get two owners. */
  release(): void {
    const onRelease = this.#onRelease
    this.#onRelease = undefined
    onRelease?.()
  }
}
