// SPDX-License-Identifier: Apache-2.0

/** Ids that are the same in every run with the same seed, so that what two runs deliver can be compared whole. */
export class SeededIdGenerator {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  generateTraceId(): string {
    return this.#word() + this.#word() + this.#word() + this.#word()
  }

  generateSpanId(): string {
    return this.#word() + this.#word()
  }

  /** A Weyl sequence through the finalizer of MurmurHash3, a bijection: two ids in a row are never all zeroes. */
  #word(): string {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let word = this.#state
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
    return ((word ^ (word >>> 16)) >>> 0).toString(16).padStart(8, '0')
  }
}
