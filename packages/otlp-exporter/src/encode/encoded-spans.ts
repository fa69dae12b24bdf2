// SPDX-License-Identifier: Apache-2.0
import type { ByteWriter } from './byte-writer.js'
import type { EncodedBatch } from './encoded-batch.js'
import { type ResourcePart, requestParts } from './request-parts.js'
import type { SpanFormat } from './span-format.js'
import type { GroupHeads } from './span-groups.js'

/** What a batch encoder leaves behind: spans as bytes, and what each of them belongs to. */
export class EncodedSpans implements EncodedBatch {
  readonly spanCount: number
  readonly byteLength: number
  readonly #format: SpanFormat
  readonly #writer: ByteWriter
  readonly #groups: readonly GroupHeads[]
  readonly #groupOf: readonly number[]
  readonly #ends: readonly number[]
  #isReleased = false

  constructor(
    format: SpanFormat,
    writer: ByteWriter,
    groups: readonly GroupHeads[],
    groupOf: readonly number[],
    ends: readonly number[],
  ) {
    this.#format = format
    this.#writer = writer
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
    const request = Buffer.allocUnsafeSlow(this.#format.requestLength(parts))
    this.#format.writeRequest(parts, this.#writer.bytes, request)
    return request
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
