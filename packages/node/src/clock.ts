// SPDX-License-Identifier: Apache-2.0

// Those of module load: tests of an application replace them, and may never let their time go on.

/** Monotonic, in milliseconds. */
export const now: () => number = performance.now.bind(performance)
export const startTimer: typeof setTimeout = setTimeout
export const stopTimer: typeof clearTimeout = clearTimeout
/** In this turn of the event loop, after its events. */
export const soon: typeof setImmediate = setImmediate

/** Time that may be spent in pieces, in milliseconds. What others need between them is not taken from it. */
export class TimeBudget {
  readonly millis: number
  #left: number
  #startedAt: number | undefined

  constructor(millis: number) {
    this.millis = millis
    this.#left = millis
  }

  /** Runs on if it does already. */
  start(): void {
    this.#startedAt ??= now()
  }

  pause(): void {
    this.#left = this.left
    this.#startedAt = undefined
  }

  /** All of it again. */
  renew(): void {
    this.#left = this.millis
    this.#startedAt = undefined
  }

  get left(): number {
    const spent = this.#startedAt === undefined ? 0 : now() - this.#startedAt
    return Math.max(0, this.#left - spent)
  }
}
