// SPDX-License-Identifier: Apache-2.0

/**
 * How long a kept connection may be silent, in milliseconds: a third of the time that is left, which leaves twice as much
 * for a new one. At least what a garbage collection or a busy second takes, and at most what an overloaded backend takes,
 * for batches without a deadline. With the default of 10 s it is 3.3 s.
 */
const SILENCE = { share: 1 / 3, leastMillis: 1000, mostMillis: 10_000 }
/** A slow backend gets this many times the duration of its slowest recent answer. */
const TIMES_SLOWEST = 3
/** How much of the slowest duration is kept with each faster answer: a tenth of it is left after 22. */
const MEMORY = 0.9

/**
 * Tells a dead connection from a slow backend. A new connection is never suspected: it was answered when it was made, so
 * the backend is only slow, and sending again would deliver twice. Nor is any other connection, while it is silent no
 * longer than this backend's answers take.
 */
export class SilenceLimit {
  #slowestMillis = 0

  /** To be called with the duration of each answer. */
  record(millis: number): void {
    this.#slowestMillis = Math.max(millis, this.#slowestMillis * MEMORY)
  }

  /** When a kept connection that is still silent becomes suspect; Infinity if that would leave no time for another one. */
  suspectAt(now: number, deadline: number): number {
    const left = deadline - now
    const share = Math.min(left * SILENCE.share, SILENCE.mostMillis)
    const millis = Math.max(share, SILENCE.leastMillis, this.#slowestMillis * TIMES_SLOWEST)
    return millis <= left * (1 - SILENCE.share) ? now + millis : Infinity
  }
}
