// SPDX-License-Identifier: Apache-2.0

/*
 * Two rings of slab numbers in one SharedArrayBuffer, the control block. Each ring has one producer and one consumer.
 *
 * ```
 *   byte    0 ┌ filled.head      application writes, thread reads     slabs that were filled, ever
 *         128 │ filled.tail      thread writes, application reads     of those, taken by the thread
 *         256 │ returned.head    thread writes, application reads     slabs that were given back, ever
 *         384 │ returned.tail    application writes, thread reads     of those, taken by the application
 *         512 │ requests         thread writes, application reads     requests that were sent, ever
 *         640 │ filled.cells     Int32 x capacity, as `head`           cell i holds the number at position i mod capacity
 *             │ · · ·            128 bytes
 *             │ returned.cells   Int32 x capacity, as `head`
 *             └
 * ```
 *
 * Every word has one writer. Two words that different threads write are 128 bytes apart: 64 is a cache line, and Intel CPUs
 * fetch lines in pairs, so every write to a word that is closer would also evict its neighbour from the reader's cache.
 *
 * Positions only grow. They are 32 bits wide and wrap; they are compared by their difference, `(head - tail) | 0`, and
 * `position & (capacity - 1)` is right for negative ones too. At 20 batches a second a position wraps after seven years.
 */

/** Between words that different threads write, in bytes. */
const APART_BYTES = 128
const WORD_BYTES: number = Int32Array.BYTES_PER_ELEMENT

/** Where one ring is, as indexes of Int32 words. */
export interface RingLayout {
  readonly head: number
  readonly tail: number
  readonly cells: number
  /** A power of two. */
  readonly capacity: number
}

export interface ControlLayout {
  readonly filled: RingLayout
  readonly returned: RingLayout
  /** The word that counts requests. */
  readonly requests: number
  readonly byteLength: number
}

/** The layout of a control block whose rings hold at least `slabs` numbers each. */
export function controlLayout(slabs: number): ControlLayout {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(slabs, 2)))
  const word = (line: number): number => (line * APART_BYTES) / WORD_BYTES
  const filledCells = word(5)
  const returnedCells = filledCells + capacity + word(1)
  return {
    filled: { head: word(0), tail: word(1), cells: filledCells, capacity },
    returned: { head: word(2), tail: word(3), cells: returnedCells, capacity },
    requests: word(4),
    byteLength: (returnedCells + capacity) * WORD_BYTES,
  }
}
