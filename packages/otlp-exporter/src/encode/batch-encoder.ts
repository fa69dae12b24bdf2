// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, ReadableSpan } from '../readable-span.js'
import type { BufferPool } from './buffer-pool.js'
import { type ByteWriter, TOO_LARGE } from './byte-writer.js'
import { cleanSpan } from './clean-span.js'
import type { EncodedBatch } from './encoded-batch.js'
import { EncodedSpans } from './encoded-spans.js'
import type { HeadCache } from './head-cache.js'
import type { SpanFormat } from './span-format.js'
import { SpanGroups } from './span-groups.js'

export type AddOutcome = 'added' | 'full' | 'rejected'

/**
 * The spans of one export on their way to bytes.
 *
 * ```
 *   bytes    ┌ span 0 ┬ span 1 ┬ span 2 ┬ span 3 ┐ · · ·       in order of ending, whatever they belong to
 *   ends              e0       e1       e2       e3
 *   groupOf      0        1        0        0                  resource and scope, by number
 * ```
 *
 * Invariants:
 * 1. `add` never throws, and a span that was not added leaves no byte.
 * 2. Span `i` is the bytes from `ends[i - 1]` to `ends[i]`, and needs nothing but its group's heads to be sent.
 * 3. The request of all spans is no larger than `byteLength`, and that no larger than the limit.
 */
export class BatchEncoder {
  readonly #format: SpanFormat
  readonly #largest: number
  #limit: number
  readonly #writer: ByteWriter
  readonly #pool: BufferPool
  readonly #groups: SpanGroups
  readonly #ends: number[] = []
  readonly #groupOf: number[] = []
  #spanCount = 0
  /** For heads and framing, in bytes. */
  #headBytes = 0
  #isClosed = false

  /** `limit` is what this batch may come to for now, `largest` what any request may, both in bytes. */
  constructor(format: SpanFormat, heads: HeadCache, pool: BufferPool, limit: number, largest: number) {
    this.#format = format
    this.#limit = limit
    this.#largest = largest
    this.#writer = format.createWriter(pool, limit)
    this.#pool = pool
    this.#groups = new SpanGroups(heads)
    this.#headBytes = format.framingBytes
  }

  get spanCount(): number {
    return this.#spanCount
  }

  /** Size of the request with every span so far, in bytes: up to some bytes for each resource and scope too many. */
  get byteLength(): number {
    return this.#spanCount === 0 ? 0 : this.#writer.pos + this.#headBytes
  }

  /**
   * Encodes one span. `'full'`: it was not taken and fits into a new batch, as far as can be told, or into this one if it
   * is empty and widened. `'rejected'`: it can never be sent, because its ids are invalid or it is larger than a request
   * may be.
   */
  add(span: ReadableSpan): AddOutcome {
    if (this.#isClosed) return 'full'
    const start = this.#writer.pos
    try {
      return this.#encode(span, start)
    } catch (error) {
      return this.#giveUp(error, start) ?? this.#addClean(span, start)
    }
  }

  /** Raises the limit, to no more than any request may be. */
  widen(limit: number): void {
    this.#limit = Math.max(this.#limit, Math.min(limit, this.#largest))
    this.#writer.limit = this.#limit
  }

  /** Nothing can be added any more, and no more memory is held than is needed to wait. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#pool.observe(this.#writer.pos)
    this.#writer.shrink()
  }

  /** The end of the encoder. */
  finish(): EncodedBatch {
    this.close()
    return new EncodedSpans(this.#format, this.#writer, this.#pool, this.#groups.heads(), this.#groupOf, this.#ends)
  }

  #encode(span: ReadableSpan, start: number): AddOutcome {
    const writer = this.#writer
    this.#format.writeSpan(writer, span)
    const { resource } = span
    const scope = (span.instrumentationScope ?? span.instrumentationLibrary) as InstrumentationScope
    const group = this.#groups.find(resource, scope)
    if (group === this.#groups.count) {
      const headBytes = this.#groups.headBytes(resource, scope) + 2 * this.#format.framingBytes
      if (writer.pos + this.#headBytes + headBytes > this.#limit) return this.#tooLarge(start, writer.pos - start + headBytes)
      this.#groups.add(resource, scope)
      this.#headBytes += headBytes
    } else if (writer.pos + this.#headBytes > this.#limit) {
      return this.#tooLarge(start, writer.pos - start + this.#groups.headBytes(resource, scope))
    }
    const index = this.#spanCount++
    this.#ends[index] = writer.pos
    this.#groupOf[index] = group
    return 'added'
  }

  #addClean(span: ReadableSpan, start: number): AddOutcome {
    try {
      return this.#encode(cleanSpan(span), start)
    } catch (error) {
      return this.#giveUp(error, start) ?? 'rejected'
    }
  }

  #giveUp(error: unknown, start: number): AddOutcome | undefined {
    const writer = this.#writer
    if (error === TOO_LARGE) return this.#tooLarge(start, writer.pos - start + writer.refusedBytes)
    writer.pos = start
    return undefined
  }

  /** `bytes` is what the span needs in a batch of its own, as far as is known. */
  #tooLarge(start: number, bytes: number): AddOutcome {
    this.#writer.pos = start
    return bytes + 3 * this.#format.framingBytes > this.#largest ? 'rejected' : 'full'
  }
}
