// SPDX-License-Identifier: Apache-2.0
import { FLAT_SPANS, SEGMENT_SPANS } from '../limits.js'

type Segment<T> = (T | undefined)[]

/** The template of a segment. Copying it takes a fortieth of the time of filling one, and leaves no holes as `new Array(n)` would. */
const BLANK: readonly undefined[] = Array.from({ length: SEGMENT_SPANS }, () => undefined)

/**
 * A bounded FIFO that refuses when it is full. Plain reads and writes suffice, because only one thread uses it. JavaScript
 * runs to completion: a re-entrant call can come between two methods, but never inside one.
 *
 * ```
 *         tail (next read)                      head (next write)
 *          │                                     │
 *   ·  ·  a  b │ c  d  e  f │ g  h  i  j │ k  l  ·  ·       index = seq & mask, in the segment of seq
 *      read       chain        chain        write
 * ```
 *
 * Up to `FLAT_SPANS` the storage is a single segment, which wraps around. A larger ring is a chain of segments: memory
 * follows the number of waiting spans, and no call pauses to allocate or to copy a large array. A segment that has been read
 * becomes the next one to be written. Small rings are not chains, because two alternating segments cost the slowest
 * thousandth of the `onEnd` calls half a microsecond more than one.
 *
 * Invariants:
 * 1. `head` and `tail` are sequence numbers: they only grow, and `0 <= head - tail <= capacity`.
 * 2. A cell outside `[tail, head)` holds `undefined`: a span that was taken can be collected.
 * 3. `capacity` is exactly the requested one.
 * 4. The chain leads from the segment of `tail` to that of the last write. At most one more segment is kept as a spare.
 */
export class SpanRing<T> {
  readonly capacity: number
  readonly #mask: number
  #head = 0
  #tail = 0
  /** The first sequence number after the segment that is being written. Negative if the ring has a single segment. */
  #segmentEnd: number
  #write: Segment<T>
  #read: Segment<T>
  /** From the segment that is being read to the one that is being written. */
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

  /** Sequence number of the next write, which is the number of spans admitted so far. */
  get head(): number {
    return this.#head
  }

  /** Sequence number of the next read, which is the number of spans that have left so far. */
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

  /** Returns the oldest item without removing it, or undefined when the ring is empty (invariant 2). */
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

  /** Appends a segment to the chain, for the next write. */
  #extend(): void {
    this.#write = this.#spare ?? this.#newSegment()
    this.#spare = undefined
    this.#chain.push(this.#write)
    this.#segmentEnd += SEGMENT_SPANS
  }

  /** Called when every cell of the oldest segment has been read. A single segment wraps around. */
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
