// SPDX-License-Identifier: Apache-2.0

/** Choices that a seed repeats: a Weyl sequence through the finalizer of MurmurHash3. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let word = this.#state
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
    return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(...items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] as T
  }

  /** For an actor of its own: what one of them draws does not depend on how fast the others are. */
  fork(): Random {
    return new Random(this.next() * 2 ** 32)
  }
}
