// SPDX-License-Identifier: Apache-2.0

/** How many keys each of the two generations holds. An application uses some hundreds of keys. */
const GENERATION_SIZE = 2048
/** How many different keys may come between the first and the second occurrence of one. */
const MAX_CANDIDATES = 1024
/** Once keys had to be forgotten, only one of this many keys that occur a second time is remembered. */
const REMEMBER_ONE_IN = 8
/** In UTF-16 units. Longer keys are generated, differ from span to span and would only fill the cache. */
const LONGEST_KEY = 100

/**
 * Remembers the encoded form of attribute keys. A key is encoded when it occurs a second time soon after the first, because
 * encoding it for the cache costs more than writing it once. Of indexed keys there may be more than fit; most of those are
 * then not remembered, instead of each evicting another.
 *
 * Two generations: when the young one is full it replaces the old one, of which only the keys used since then survive. So
 * an endless series of keys (one for each user) neither grows the cache nor evicts the keys that every span has.
 */
export class KeyCache<T> {
  readonly #encode: (key: string) => T
  #young = new Map<string, T>()
  #old = new Map<string, T>()
  readonly #candidates = new Set<string>()
  #passedOver = 0

  constructor(encode: (key: string) => T) {
    this.#encode = encode
  }

  /** The number of keys in the cache, encoded or not. */
  get size(): number {
    return this.#young.size + this.#old.size + this.#candidates.size
  }

  /** The encoded key; undefined for a key that is not remembered, which the caller has to write itself. */
  find(key: string): T | undefined {
    return this.#young.get(key) ?? this.#miss(key)
  }

  #miss(key: string): T | undefined {
    let encoded = this.#old.get(key)
    if (encoded === undefined) {
      if (key.length > LONGEST_KEY || !this.#isWorthIt(key)) return undefined
      encoded = this.#encode(key)
    }
    if (this.#young.size >= GENERATION_SIZE) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, encoded)
    return encoded
  }

  #isWorthIt(key: string): boolean {
    if (!this.#candidates.has(key)) {
      if (this.#candidates.size >= MAX_CANDIDATES) this.#candidates.clear()
      this.#candidates.add(key)
      return false
    }
    // More keys take turns than fit: most encoded ones would be forgotten before they are used.
    if (this.#old.size > 0 && ++this.#passedOver % REMEMBER_ONE_IN !== 0) return false
    this.#candidates.delete(key)
    return true
  }
}
