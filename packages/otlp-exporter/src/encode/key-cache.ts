// SPDX-License-Identifier: Apache-2.0

/** How many keys each of the two generations holds. An application uses a few hundred keys. */
const GENERATION_SIZE = 2048
/** How many other keys may come between the first and the second occurrence of a key that is remembered. */
const MAX_CANDIDATES = 1024
/** After the first keys were forgotten, only one of this many keys that occur a second time is remembered. */
const REMEMBER_ONE_IN = 8
/** In UTF-16 units. Longer keys are usually generated: they differ from span to span, and would only fill the cache. */
const LONGEST_KEY = 100

/**
 * Remembers the encoded form of attribute keys. A key is encoded when it occurs a second time soon after the first, because
 * encoding it for the cache costs more than writing it once. There may be more indexed keys than fit. Most of those are then
 * not remembered, so that they do not evict each other.
 *
 * There are two generations. When the young one is full it replaces the old one, and the only old keys that survive are those
 * used since then. So an endless series of keys (one for each user) neither grows the cache nor evicts the keys that every
 * span has.
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

  /** The encoded key; undefined if it is not remembered, and the caller has to write the key itself. */
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
    // More keys alternate than fit, so most of them would be forgotten before they are used again.
    if (this.#old.size > 0 && ++this.#passedOver % REMEMBER_ONE_IN !== 0) return false
    this.#candidates.delete(key)
    return true
  }
}
