// SPDX-License-Identifier: Apache-2.0
import type { SpanBatch } from '@spanring/core'
import type { InstrumentationScope, ReadableSpan } from '../readable-span.js'
import type { BufferPool } from './buffer-pool.js'
import { type ByteWriter, TOO_LARGE } from './byte-writer.js'
import { EncodedBatch } from './encoded-batch.js'
import { sanitizeSpan } from './sanitize/span.js'
import type { Truncated } from './sanitize/values.js'
import type { GroupPrefixes, SpanFormat } from './span-format.js'
import { PREFIX_TOO_LARGE, type EncodedPrefixCache, SpanGroups } from './span-groups.js'

export interface BatchEncoderParts {
  readonly format: SpanFormat
  readonly prefixes: EncodedPrefixCache
  readonly pool: BufferPool
  /** How large the request of this batch may be at first, in bytes; see {@link BatchEncoder.limit}. */
  readonly limit: number
  /** How large the request of any batch may be, in bytes. */
  readonly maxBytes: number
  /** How many bytes behind the spans are needed for what another thread must know of them. */
  readonly indexBytes: IndexBytes
  /** Called when a span was added without a part that cannot be sent. */
  readonly onTruncated: (what: Truncated) => void
}

/** For that many spans, and the prefixes of their groups. */
export type IndexBytes = (spanCount: number, groups: readonly GroupPrefixes[]) => number

export type AddResult = ReturnType<SpanBatch['add']>

/**
 * Encodes the spans of one export. Owns the buffer that they are written to until {@link finish}, which hands it over.
 *
 * ```
 *   bytes    ┌ span 0 ┬ span 1 ┬ span 2 ┬ span 3 ┐ · · ·       in order of ending, whatever their group
 *   ends              e0       e1       e2       e3
 *   groupOf      0        1        0        0                  the number of resource and scope
 * ```
 *
 * Invariants:
 * 1. `add` never throws, and a span that was not added leaves no byte behind.
 * 2. Span `i` is the bytes from `ends[i - 1]` to `ends[i]`. A request with it also needs only the prefixes of its group.
 * 3. The request with all spans is no larger than `byteLength`, which is no larger than the limit.
 */
export class BatchEncoder {
  readonly #format: SpanFormat
  readonly #maxBytes: number
  readonly #onTruncated: (what: Truncated) => void
  #limit = 0
  readonly #writer: ByteWriter
  readonly #pool: BufferPool
  readonly #indexBytes: IndexBytes
  readonly #groups: SpanGroups
  readonly #ends: number[] = []
  readonly #groupOf: number[] = []
  #spanCount = 0
  /** The size of the request without its spans, which is that of prefixes and framing, in bytes. */
  #overheadBytes = 0
  #neededBytes = 0
  #isClosed = false

  constructor({ format, prefixes, pool, limit, maxBytes, indexBytes, onTruncated }: BatchEncoderParts) {
    this.#format = format
    this.#maxBytes = maxBytes
    this.#onTruncated = onTruncated
    this.#writer = format.createWriter(pool, Math.min(limit, maxBytes))
    this.#pool = pool
    this.#indexBytes = indexBytes
    this.#groups = new SpanGroups(prefixes)
    this.#overheadBytes = format.framingBytes
    this.limit = limit
  }

  /** How large the request of this batch may be at present, in bytes. Never more than any request may be. */
  get limit(): number {
    return this.#limit
  }

  set limit(bytes: number) {
    this.#limit = Math.min(bytes, this.#maxBytes)
    this.#writer.limit = this.#limit
  }

  get spanCount(): number {
    return this.#spanCount
  }

  /** The size of a request with all spans so far, in bytes. May be a few bytes too high for each resource and scope. */
  get byteLength(): number {
    return this.#spanCount === 0 ? 0 : this.#ends[this.#spanCount - 1]! + this.#overheadBytes
  }

  /** The size of the buffer that holds the spans, in bytes. */
  get capacity(): number {
    return this.#writer.bytes.length
  }

  /** The limit that a batch needs for the span that was refused last, in bytes. */
  get neededBytes(): number {
    return this.#neededBytes
  }

  /**
   * Encodes one span.
   *
   * - `'full'`: not added. As far as is known, it fits into a new batch, or into this one if this one is empty and its limit
   *   is raised.
   * - `'rejected'`: it can never be sent, because its ids are invalid.
   * - `'too_large'`: it can never be sent, because it is larger than a request may be.
   */
  add(span: ReadableSpan): AddResult {
    if (this.#isClosed) return 'full'
    const start = this.#writer.pos
    try {
      return this.#encode(span, start)
    } catch (error) {
      return this.#rollBack(error, start) ?? this.#addSanitized(span, start)
    }
  }

  /** Gives back the buffer that a refused span has taken. A batch without spans may stay open for a long time. */
  releaseIfEmpty(): void {
    if (this.#spanCount === 0) this.#writer.release()
  }

  /** Ends filling: `add` returns `'full'` from now on. Shrinks the buffer to what the spans need, since they may have to wait. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#spanCount === 0) return this.#writer.release()
    const behind = this.#bytesBehind(this.#groups.prefixes())
    this.#pool.observe(this.#writer.pos + behind)
    this.#writer.fit(behind)
  }

  /** Closes the encoder and hands its buffer over to the encoded batch. Call it only once. */
  finish(): EncodedBatch {
    this.close()
    const groups = this.#groups.prefixes()
    // Attributes of a resource may have arrived since the batch was closed.
    if (this.#spanCount > 0) this.#writer.fit(this.#bytesBehind(groups))
    const pool = this.#pool
    const buffer = this.#writer.takeBuffer()
    return new EncodedBatch({
      format: this.#format,
      pool,
      buffer,
      usableBytes: buffer.length,
      groups,
      groupOf: this.#groupOf,
      ends: this.#ends,
      giveBack: (isFree) => (isFree ? pool.give(buffer) : pool.abandon(buffer)),
    })
  }

  /** How many bytes are needed behind the spans. */
  #bytesBehind(groups: readonly GroupPrefixes[]): number {
    return this.#format.tailBytes + this.#indexBytes(this.#spanCount, groups)
  }

  #encode(span: ReadableSpan, start: number): AddResult {
    const writer = this.#writer
    this.#format.writeSpan(writer, span)
    const { resource } = span
    const scope = (span.instrumentationScope ?? span.instrumentationLibrary) as InstrumentationScope
    const group = this.#groups.find(resource, scope)
    if (group === this.#groups.count) {
      const prefixBytes = this.#groups.prefixBytes(resource, scope) + 2 * this.#format.framingBytes
      if (writer.pos + this.#overheadBytes + prefixBytes > this.#limit)
        return this.#tooLarge(start, writer.pos - start + prefixBytes)
      this.#groups.add(resource, scope)
      this.#overheadBytes += prefixBytes
    } else if (writer.pos + this.#overheadBytes > this.#limit) {
      return this.#tooLarge(start, writer.pos - start + this.#groups.prefixBytes(resource, scope))
    }
    const index = this.#spanCount++
    this.#ends[index] = writer.pos
    this.#groupOf[index] = group
    return 'added'
  }

  #addSanitized(span: ReadableSpan, start: number): AddResult {
    try {
      const { span: sanitized, isTruncated } = sanitizeSpan(span)
      const result = this.#encode(sanitized, start)
      if (isTruncated && result === 'added') this.#onTruncated('span')
      return result
    } catch (error) {
      return this.#rollBack(error, start) ?? 'rejected'
    }
  }

  #rollBack(error: unknown, start: number): AddResult | undefined {
    const writer = this.#writer
    if (error === TOO_LARGE) return this.#tooLarge(start, writer.pos - start + writer.refusedBytes)
    writer.pos = start
    if (error === PREFIX_TOO_LARGE) return 'too_large'
    return undefined
  }

  /** Removes the span from the buffer. As far as is known, it needs `bytes` in a batch of its own. */
  #tooLarge(start: number, bytes: number): AddResult {
    this.#writer.pos = start
    this.#neededBytes = bytes + 3 * this.#format.framingBytes
    return this.#neededBytes > this.#maxBytes ? 'too_large' : 'full'
  }
}
