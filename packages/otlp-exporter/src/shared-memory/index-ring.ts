// SPDX-License-Identifier: Apache-2.0
import type { RingLayout } from './layout.js'

/*
 * A ring of slab numbers between two threads: one producer, one consumer, no lock, no compare-and-swap, no spinning.
 * `Atomics` operations are sequentially consistent: all threads see all of them in one order. Two things rest on that:
 *
 * 1. A number is in its cell before `head` says so. The cell itself needs no atomic access: the store of `head` publishes it.
 * 2. No lost wake-up. The producer stores `head` and then loads `tail`; the consumer stores `tail` and then loads `head`.
 *    In the one order of these four, at least one side sees what the other has stored: either the producer sees that the ring
 *    was empty and wakes the consumer, or the consumer sees the new number and takes it. If both happen, the consumer is woken
 *    once for nothing.
 *
 * A thread that is terminated stops between two of these accesses. Then the other side sees the number or does not see it, but
 * never a part of it.
 */

/** What became of an offered number. `WAS_EMPTY`: the consumer may have stopped looking, so wake it. */
export const FULL = 0
export const QUEUED = 1
export const WAS_EMPTY = 2
export type Offered = typeof FULL | typeof QUEUED | typeof WAS_EMPTY

/** What {@link RingConsumer.take} returns from an empty ring. Numbers in a ring are never negative. */
export const EMPTY = -1

export class RingProducer {
  readonly #words: Int32Array
  readonly #layout: RingLayout
  /** Nobody else writes it, so it need not be loaded. */
  #head: number

  constructor(memory: SharedArrayBuffer, layout: RingLayout) {
    this.#words = new Int32Array(memory)
    this.#layout = layout
    // The ring may begin at any position, so that is read.
    this.#head = Atomics.load(this.#words, layout.head)
  }

  offer(number: number): Offered {
    const words = this.#words
    const { head: headAt, tail: tailAt, cells, capacity } = this.#layout
    const head = this.#head
    // Acquire: the consumer has read the cell that is overwritten below.
    if (((head - Atomics.load(words, tailAt)) | 0) >= capacity) return FULL
    // Plain: published by the store of `head`.
    words[cells + (head & (capacity - 1))] = number
    this.#head = (head + 1) | 0
    // Release: publishes the cell, and everything that was written to the slab.
    Atomics.store(words, headAt, this.#head)
    // After the store, in the one order of all atomics; see 2 above.
    return Atomics.load(words, tailAt) === head ? WAS_EMPTY : QUEUED
  }

  /** Wakes a consumer that blocks in {@link RingConsumer.waitSync}. */
  notify(): void {
    Atomics.notify(this.#words, this.#layout.head)
  }
}

export class RingConsumer {
  readonly #words: Int32Array
  readonly #layout: RingLayout
  #tail: number

  constructor(memory: SharedArrayBuffer, layout: RingLayout) {
    this.#words = new Int32Array(memory)
    this.#layout = layout
    this.#tail = Atomics.load(this.#words, layout.tail)
  }

  /** The oldest number, or {@link EMPTY}. */
  take(): number {
    const words = this.#words
    const { head: headAt, tail: tailAt, cells, capacity } = this.#layout
    const tail = this.#tail
    // Acquire: what the producer wrote before is visible. After the store of `tail` by the last call; see 2 above.
    if (Atomics.load(words, headAt) === tail) return EMPTY
    // Plain: the cell is not written again before `tail` has passed it.
    const number = words[cells + (tail & (capacity - 1))] as number
    this.#tail = (tail + 1) | 0
    // Release: the cell was read.
    Atomics.store(words, tailAt, this.#tail)
    return number
  }

  /**
   * Blocks this thread until there is a number, for at most `millis`. False if that time has run out. After true the ring may
   * still be empty: the notification may be for a number that was already taken.
   */
  waitSync(millis: number): boolean {
    const { head } = this.#layout
    // Returns at once if `head` is no longer what it was when the ring was empty.
    return Atomics.wait(this.#words, head, this.#tail, millis) !== 'timed-out'
  }
}
