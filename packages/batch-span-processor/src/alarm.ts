// SPDX-License-Identifier: Apache-2.0
import { MAX_TIMER_MILLIS } from './clock.js'
import type { Clock, Timer } from './clock.js'

/**
 * The one timer of the drain loop. It never keeps an idle process alive, and setting it again for the same delay
 * re-arms the timer instead of making another: the loop does so every two milliseconds under load.
 */
export class Alarm {
  readonly #clock: Clock
  readonly #callback: () => void
  #timer: Timer | undefined
  #delayMillis = -1

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock
    this.#callback = callback
  }

  /** Rings once after the delay, in milliseconds, instead of whenever it was set to ring. */
  set(delayMillis: number): void {
    // Rounded up: timers may fire a fraction early, and the loop would find nothing due.
    const delay = Math.min(Math.max(Math.ceil(delayMillis), 1), MAX_TIMER_MILLIS)
    if (this.#timer !== undefined && delay === this.#delayMillis) {
      this.#timer.restart()
      return
    }
    this.#timer?.stop()
    this.#delayMillis = delay
    this.#timer = this.#clock.startTimer(this.#callback, delay, false)
  }

  /** Does not ring until it is set again. */
  stop(): void {
    this.#timer?.stop()
    this.#timer = undefined
  }
}
