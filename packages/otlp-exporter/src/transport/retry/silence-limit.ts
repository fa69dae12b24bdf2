// SPDX-License-Identifier: Apache-2.0

/**
 * How long a reused connection may be silent: a third of the time that is left, which leaves twice as much for a new one. At
 * least as long as a garbage collection or a busy second takes. At most as long as an overloaded backend takes, for batches
 * without a deadline. With the default time-out of 10 s it is 3.3 s.
 */
const SILENCE = { share: 1 / 3, leastMillis: 1000, mostMillis: 10_000 }
/** A slow backend is allowed this many times the duration of its slowest recent answer. */
const TIMES_SLOWEST = 3
/** The factor by which each faster answer reduces the slowest duration: a tenth of it is left after 22 answers. */
const MEMORY = 0.9

/**
 * Tells a dead connection from a slow backend. A new connection is never suspected: the backend answered when it was opened,
 * so the backend is only slow, and sending again would deliver twice. Other connections are not suspected as long as their
 * silence is no longer than this backend's answers usually take.
 */
export class SilenceLimit {
  #slowestMillis = 0

  /** Call this with the duration of each answer. */
  record(millis: number): void {
    this.#slowestMillis = Math.max(millis, this.#slowestMillis * MEMORY)
  }

  /** When a reused connection that is still silent becomes suspect; Infinity if that would leave no time for a new one. */
  suspectAt(now: number, deadline: number): number {
    const left = deadline - now
    const share = Math.min(left * SILENCE.share, SILENCE.mostMillis)
    const millis = Math.max(share, SILENCE.leastMillis, this.#slowestMillis * TIMES_SLOWEST)
    return millis <= left * (1 - SILENCE.share) ? now + millis : Infinity
  }
}
