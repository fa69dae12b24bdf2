// SPDX-License-Identifier: Apache-2.0

// Kept here, because fake timers in the application's tests may replace it later.
const { hrtime } = process

/** No start of a thread takes this long, in milliseconds. */
const LONGEST_START_MILLIS = 60_000

/** A clock that all threads of a Node.js process share, in milliseconds. `performance.now` counts from the start of each thread. */
export function processMillis(): number {
  const [seconds, nanos] = hrtime()
  return seconds * 1000 + nanos / 1e6
}

/** Tells how long ago another thread of the same process did something. */
export class ProcessClock {
  readonly #now: () => number
  readonly #isShared: boolean

  /** `postedAt` is what `now` said in the other thread when it posted the first message to this one. */
  constructor(postedAt: number, now: () => number = processMillis) {
    this.#now = now
    const millis = now() - postedAt
    // In other runtimes it may count from the start of each thread. Then it says nothing about another thread.
    this.#isShared = millis >= 0 && millis < LONGEST_START_MILLIS
  }

  /** In milliseconds; 0 if the clock is not shared. */
  since(at: number): number {
    return this.#isShared ? Math.max(this.#now() - at, 0) : 0
  }
}
