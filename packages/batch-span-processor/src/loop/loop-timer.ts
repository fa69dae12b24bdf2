// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '@spanring/core'

/**
 * The only timer of the drain loop. It never keeps an idle process alive. Setting it to the same delay re-arms the timer
 * instead of creating another one, because the loop sets it every two milliseconds under load.
 */
export class LoopTimer {
  readonly #clock: Clock
  readonly #callback: () => void
  #timer: Timer | undefined
  #delayMillis = -1

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock
    this.#callback = callback
  }

  /** Replaces any earlier setting. Fires once after the delay, in milliseconds, or never if that is Infinity. */
  set(delayMillis: number): void {
    if (delayMillis === this.#delayMillis && this.#timer?.refresh) {
      this.#timer.refresh()
      return
    }
    this.stop()
    if (delayMillis === Infinity) return
    this.#delayMillis = delayMillis
    this.#timer = this.#clock.startTimer(this.#callback, delayMillis)
  }

  /** Keeps the timer from firing until it is set again. */
  stop(): void {
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
  }
}
