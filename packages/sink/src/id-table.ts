// SPDX-License-Identifier: Apache-2.0
import { wordsPerId } from './otlp/decoded-request.js'

const wordsPerCell = wordsPerId + 1

/**
 * A hash map from span ids to a few bits, in one flat array. A Map of strings needs five times the memory, and the garbage
 * collector would walk its million objects in the middle of a benchmark.
 *
 *   cell: | trace id, 4 words | span id, 2 words | bits |
 *
 * Invariant: an empty cell has a span id of zero, which no valid id has. At least half of the cells are empty.
 */
export class IdTable {
  #size = 0
  #mask = 1023
  #words = new Uint32Array(1024 * wordsPerCell)

  get size(): number {
    return this.#size
  }

  /** The bits of an id, or -1 if the id is not in the table. */
  get(ids: Uint32Array, at: number): number {
    const cell = this.#find(ids, at)
    return this.#occupied(cell) ? this.#words[cell + wordsPerId]! : -1
  }

  set(ids: Uint32Array, at: number, bits: number): void {
    if (2 * this.#size > this.#mask) this.#grow()
    const cell = this.#find(ids, at)
    if (!this.#occupied(cell)) this.#size++
    for (let word = 0; word < wordsPerId; word++) this.#words[cell + word] = ids[at + word]!
    this.#words[cell + wordsPerId] = bits
  }

  #find(ids: Uint32Array, at: number): number {
    // All words count, because tests number their ids 1, 2, 3 in any of them.
    let hash = 0
    for (let word = 0; word < wordsPerId; word++) hash = Math.imul(hash ^ ids[at + word]!, 0x9e3779b1)
    let index = (hash ^ (hash >>> 15)) & this.#mask
    while (this.#occupied(index * wordsPerCell) && !this.#holds(index * wordsPerCell, ids, at)) index = (index + 1) & this.#mask
    return index * wordsPerCell
  }

  #occupied(cell: number): boolean {
    return this.#words[cell + 4] !== 0 || this.#words[cell + 5] !== 0
  }

  #holds(cell: number, ids: Uint32Array, at: number): boolean {
    for (let word = 0; word < wordsPerId; word++) if (this.#words[cell + word] !== ids[at + word]) return false
    return true
  }

  #grow(): void {
    const old = this.#words
    this.#mask = 2 * this.#mask + 1
    this.#words = new Uint32Array((this.#mask + 1) * wordsPerCell)
    this.#size = 0
    for (let cell = 0; cell < old.length; cell += wordsPerCell) {
      if (old[cell + 4] !== 0 || old[cell + 5] !== 0) this.set(old, cell, old[cell + wordsPerId]!)
    }
  }
}
