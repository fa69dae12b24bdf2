// SPDX-License-Identifier: Apache-2.0

/** Keys in each of two generations; the vocabulary of an application is some hundreds. */
const GENERATION_SIZE = 2048
/** So many different keys may come between the first and the second time that one is seen. */
const CANDIDATES = 1024
/** Once some had to be forgotten, one in so many of those that come a second time is remembered. */
const ONE_IN = 8
/** In UTF-16 units. Longer keys are made by a program, differ from span to span, and would only fill the cache. */
const LONGEST_KEY = 100

/**
 * What was made of an attribute key, remembered when the key comes a second time soon after the first: to make it costs
 * more than to write the key once, and of keys that number the parts of something there may be more than fit. Then none
 * of those is remembered, in place of each driving out another.
 *
 * Two generations: when the young one is full it becomes the old one, and the old one is forgotten except for the keys
 * that were used since. So keys without end (one for each user) neither grow it nor drive out the keys of every span.
 */
export class KeyCache<T> {
  readonly #make: (key: string) => T
  #young = new Map<string, T>()
  #old = new Map<string, T>()
  readonly #candidates = new Set<string>()
  #passedOver = 0

  constructor(make: (key: string) => T) {
    this.#make = make
  }

  /** Of everything that it holds. */
  get size(): number {
    return this.#young.size + this.#old.size + this.#candidates.size
  }

  /** What was made of the key; undefined for one that is new, which the caller writes by itself. */
  find(key: string): T | undefined {
    return this.#young.get(key) ?? this.#miss(key)
  }

  #miss(key: string): T | undefined {
    let made = this.#old.get(key)
    if (made === undefined) {
      if (key.length > LONGEST_KEY || !this.#isWorthIt(key)) return undefined
      made = this.#make(key)
    }
    if (this.#young.size >= GENERATION_SIZE) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, made)
    return made
  }

  #isWorthIt(key: string): boolean {
    if (!this.#candidates.has(key)) {
      if (this.#candidates.size >= CANDIDATES) this.#candidates.clear()
      this.#candidates.add(key)
      return false
    }
    // Somewhat more keys in turn than fit: most of what is made would be forgotten before it is of use.
    if (this.#old.size > 0 && ++this.#passedOver % ONE_IN !== 0) return false
    this.#candidates.delete(key)
    return true
  }
}
