// SPDX-License-Identifier: Apache-2.0

/** Random choices that a seed repeats. Mulberry32: 32 bits of state are plenty for tests. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<const T>(items: readonly T[]): T {
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- it is necessary under noUncheckedIndexedAccess
    return items[this.below(items.length)]!
  }

  hex(digits: number): string {
    let text = ''
    for (let i = 0; i < digits; i++) text += '0123456789abcdef'.charAt(this.below(16))
    return text
  }

  /** For an actor of its own: what one of them draws does not depend on how fast the others are. */
  fork(): SeededRandom {
    return new SeededRandom(this.next() * 2 ** 32)
  }
}

/** `SEED` from the environment, so that a failure can be repeated, or a new one. Whoever draws from it prints it. */
export function seedFromEnvironment(): number {
  return Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
}
