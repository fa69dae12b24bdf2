// SPDX-License-Identifier: Apache-2.0

/**
 * How long a kept connection may be silent, in milliseconds: a third of the time that is left, which leaves twice as much
 * for a new one, but not less than what a pause for garbage or a busy second takes, and not more than a backend at the
 * end of its strength takes where the batch has no deadline. Of the default 10 s it is 3.3 s.
 */
const SILENCE = { share: 1 / 3, leastMillis: 1000, mostMillis: 10_000 }
/** A backend that answers slowly is given this many times what it took of late. */
const TIMES_SLOWEST = 3
/** How much of the slowest answer is remembered with each one that is faster: a tenth of it after 22. */
const MEMORY = 0.9

/**
 * Tells a connection that nobody is behind any more from a backend that is slow. A new connection is never suspected: it
 * was answered when it was made, so the backend is only slow, and to send again would deliver twice. Nor is any other
 * while answers take as long as this backend's do.
 */
export class Patience {
  #slowestMillis = 0

  /** An answer took so long. */
  answered(millis: number): void {
    this.#slowestMillis = Math.max(millis, this.#slowestMillis * MEMORY)
  }

  /** When a kept connection that is still silent is suspect; Infinity if no time would be left for another. */
  until(now: number, deadline: number): number {
    const left = deadline - now
    const share = Math.min(left * SILENCE.share, SILENCE.mostMillis)
    const millis = Math.max(share, SILENCE.leastMillis, this.#slowestMillis * TIMES_SLOWEST)
    return millis <= left * (1 - SILENCE.share) ? now + millis : Infinity
  }
}
