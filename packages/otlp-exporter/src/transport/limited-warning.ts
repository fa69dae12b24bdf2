// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import { warn } from '../warn.js'

/** At most one line of a kind in this time, in milliseconds. */
const INTERVAL_MILLIS = 30_000

/** A warning that a backend could provoke with every request; says how many were kept back. */
export class LimitedWarning {
  readonly #clock: Clock
  #nextAt = -Infinity
  #keptBack = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  say(message: string): void {
    const now = this.#clock.now()
    if (now < this.#nextAt) {
      this.#keptBack += 1
      return
    }
    const more = this.#keptBack > 0 ? ` (and ${this.#keptBack} like it before)` : ''
    this.#nextAt = now + INTERVAL_MILLIS
    this.#keptBack = 0
    warn(message + more)
  }
}
