// SPDX-License-Identifier: Apache-2.0

/**
 * A bounded FIFO that refuses when it is full. One thread uses it, so plain reads and writes are all it takes: JavaScript
 * runs to completion, and what can interleave is only a re-entrant call, between two methods and never inside one.
 *
 * ```
 *            tail (next read)              head (next write)
 *             │                             │
 *   slots  ·  a  b  c  d  e  f  g  h  i  j  ·  ·  ·       slot = seq & mask
 *             └────────── size ────────────┘
 * ```
 *
 * Invariants:
 * 1. `head` and `tail` are sequence numbers: they only grow, and `0 <= head - tail <= capacity`.
 * 2. A slot outside `[tail, head)` holds `undefined`: a span that was taken can be collected.
 * 3. `capacity` is what was asked for; only the storage is rounded up to a power of two.
 */
export class SpanRing<T> {
  readonly capacity: number
  readonly #slots: (T | undefined)[]
  readonly #mask: number
  #head = 0
  #tail = 0

  constructor(capacity: number) {
    this.capacity = capacity
    const storage = 2 ** Math.ceil(Math.log2(capacity))
    this.#slots = Array.from({ length: storage }, () => undefined)
    this.#mask = storage - 1
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
    this.#slots[head & this.#mask] = item
    this.#head = head + 1
    return true
  }

  /** The oldest item, left in place; undefined when the ring is empty (2). */
  peek(): T | undefined {
    return this.#slots[this.#tail & this.#mask]
  }

  /** Removes the oldest item, or returns undefined when the ring is empty. */
  take(): T | undefined {
    const item = this.peek()
    if (this.#tail < this.#head) this.#slots[this.#tail++ & this.#mask] = undefined
    return item
  }
}
