// SPDX-License-Identifier: Apache-2.0

/** Keys in each of two generations; the vocabulary of an application is some hundreds. */
const GENERATION_SIZE = 1024
/** In UTF-16 units. Longer keys are made by a program, differ from span to span, and would only fill the cache. */
const LONGEST_KEY = 100

/**
 * What was made of an attribute key, remembered. Two generations: when the young one is full it becomes the old one, and
 * the old one is forgotten except for the keys that were used since. So keys without end (one for each user) neither grow
 * it nor drive out the keys of every span for good, as they would if it only stopped to admit.
 */
export class KeyCache<T> {
  readonly #make: (key: string) => T
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  constructor(make: (key: string) => T) {
    this.#make = make
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): T {
    return this.#young.get(key) ?? this.#miss(key)
  }

  #miss(key: string): T {
    const made = this.#old.get(key) ?? this.#make(key)
    if (key.length > LONGEST_KEY) return made
    if (this.#young.size >= GENERATION_SIZE) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, made)
    return made
  }
}
