// SPDX-License-Identifier: Apache-2.0
import { IdTable } from './id-table.js'

// Two tables of at most 2^21 cells of 28 bytes: at most 120 MB, for a minute of 20,000 spans/s.
const maxIdsPerTable = 2 ** 20

const arrived = 1
const delivered = 2

/**
 * Remembers which spans have arrived, at least the last million. When the recent table is full it becomes the old one. The
 * spans of the previous old table that have not arrived again are forgotten.
 */
export class SeenSpans {
  readonly #maxIds: number
  #recent = new IdTable()
  #old = new IdTable()

  constructor(maxIds: number = maxIdsPerTable) {
    this.#maxIds = maxIds
  }

  /** Whether the span at this position of `ids` has arrived before. */
  arrive(ids: Uint32Array, at: number): boolean {
    return this.#mark(ids, at, arrived)
  }

  /** Whether the span has been delivered before. */
  deliver(ids: Uint32Array, at: number): boolean {
    return this.#mark(ids, at, delivered)
  }

  #mark(ids: Uint32Array, at: number, bit: number): boolean {
    let bits = this.#recent.get(ids, at)
    if (bits === -1) bits = this.#old.get(ids, at)
    if (bits === -1) bits = 0
    if (this.#recent.size >= this.#maxIds) {
      this.#old = this.#recent
      this.#recent = new IdTable()
    }
    this.#recent.set(ids, at, bits | bit)
    return (bits & bit) !== 0
  }
}
