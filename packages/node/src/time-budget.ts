// SPDX-License-Identifier: Apache-2.0
import { now } from './clock.js'

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
