// SPDX-License-Identifier: Apache-2.0
import { FLAT_SPANS, SEGMENT_SPANS } from '../limits.js'

type Segment<T> = (T | undefined)[]

/** The template of a segment: a copy takes a fortieth of the time of filling one, and has none of the holes of `new Array(n)`. */
const BLANK: readonly undefined[] = Array.from({ length: SEGMENT_SPANS }, () => undefined)

/**
 * A bounded FIFO that refuses when it is full. Only one thread uses it, so plain reads and writes suffice: JavaScript runs
 * to completion, and only a re-entrant call can interleave, between two methods and never inside one.
 *
 * ```
 *         tail (next read)                      head (next write)
 *          │                                     │
 *   ·  ·  a  b │ c  d  e  f │ g  h  i  j │ k  l  ·  ·       index = seq & mask, in the segment of seq
 *      read       chain        chain        write
 * ```
 *
 * Up to `FLAT_SPANS` the storage is one segment, reused from its beginning. A larger one is a chain of segments: memory
 * follows the number of spans that wait, and no call pauses to allocate a large capacity or to copy it as it grows. A segment
 * that was read is the next one to be written. Small rings are not chains: two alternating segments cost the slowest
 * thousandth of the calls of `onEnd` half a microsecond more than one.
 *
 * Invariants:
 * 1. `head` and `tail` are sequence numbers: they only grow, and `0 <= head - tail <= capacity`.
 * 2. A cell outside `[tail, head)` holds `undefined`: a span that was taken can be collected.
 * 3. `capacity` is exactly the requested one.
 * 4. The chain leads from the segment of `tail` to that of the last write; at most one segment is kept beside it.
 */
export class SpanRing<T> {
  readonly capacity: number
  readonly #mask: number
  #head = 0
  #tail = 0
  /** The first sequence number after the segment that is written; negative if there is only one, for good. */
  #segmentEnd: number
  #write: Segment<T>
  #read: Segment<T>
  /** From the segment that is read to the one that is written. */
  readonly #chain: Segment<T>[]
  #spare: Segment<T> | undefined

  constructor(capacity: number) {
    this.capacity = capacity
    const storage = 2 ** Math.ceil(Math.log2(capacity))
    const isFlat = storage <= FLAT_SPANS
    this.#segmentEnd = isFlat ? -1 : SEGMENT_SPANS
    this.#mask = (isFlat ? storage : SEGMENT_SPANS) - 1
    this.#write = this.#read = isFlat ? Array.from({ length: storage }, () => undefined) : this.#newSegment()
    this.#chain = [this.#read]
  }

  /** Sequence number of the next write: how many were ever admitted. */
  get head(): number {
    return this.#head
  }

  /** Sequence number of the next read: how many have ever left. */
  get tail(): number {
    return this.#tail
  }

  get size(): number {
    return this.#head - this.#tail
  }

  /** Appends, or returns false when the ring is full. */
  offer(item: T): boolean {
    const head = this.#head
    if (head - this.#tail >= this.capacity) return false
    if (head === this.#segmentEnd) this.#extend()
    this.#write[head & this.#mask] = item
    this.#head = head + 1
    return true
  }

  /** The oldest item, left in place; undefined when the ring is empty (2). */
  peek(): T | undefined {
    return this.#read[this.#tail & this.#mask]
  }

  /** Removes the oldest item, or returns undefined when the ring is empty. */
  take(): T | undefined {
    const index = this.#tail & this.#mask
    const item = this.#read[index]
    if (this.#tail < this.#head) {
      this.#read[index] = undefined
      this.#tail++
      if (index === this.#mask) this.#release()
    }
    return item
  }

  /** The next write goes into another segment. */
  #extend(): void {
    this.#write = this.#spare ?? this.#newSegment()
    this.#spare = undefined
    this.#chain.push(this.#write)
    this.#segmentEnd += SEGMENT_SPANS
  }

  /** Every cell of the oldest segment was read. A single segment is reused from its beginning. */
  #release(): void {
    if (this.#chain.length > 1) {
      this.#spare = this.#chain.shift()
      this.#read = this.#chain[0] as Segment<T>
    } else if (this.#segmentEnd >= 0) {
      this.#segmentEnd += SEGMENT_SPANS
    }
  }

  #newSegment(): Segment<T> {
    return BLANK.slice()
  }
}
