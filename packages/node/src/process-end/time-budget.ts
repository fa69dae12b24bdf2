// SPDX-License-Identifier: Apache-2.0
import { MAX_TIMER_MILLIS, systemClock } from '@spanring/core/clock'
import { INVALID_SETTING } from '@spanring/core/warning-codes'
import { variable } from '../environment.js'
import { logToStderr } from '../stderr.js'

const NAME = 'SPANRING_EXIT_TIMEOUT'
/** Half of what Docker waits before it sends SIGKILL. */
const DEFAULT_MILLIS = 5000

/** How long delivering what is left may delay the end of the process, in milliseconds. Default: 5000. */
export function exitTimeoutMillis(): number {
  const text = variable(NAME)
  if (text === undefined) return DEFAULT_MILLIS
  const millis = Number(text)
  if (Number.isInteger(millis) && millis > 0 && millis <= MAX_TIMER_MILLIS) return millis
  logToStderr(
    'WARN',
    `${INVALID_SETTING} ${NAME} is ${JSON.stringify(text)}; must be an integer from 1 to ${MAX_TIMER_MILLIS}; using ${DEFAULT_MILLIS}`,
  )
  return DEFAULT_MILLIS
}

/** A time budget that can be spent in pieces, in milliseconds. While it is paused, nothing is spent. */
export class TimeBudget {
  readonly millis: number
  #left: number
  #startedAt: number | undefined

  constructor(millis: number) {
    this.millis = millis
    this.#left = millis
  }

  /** Has no effect if it is already running. */
  start(): void {
    this.#startedAt ??= systemClock.now()
  }

  pause(): void {
    this.#left = this.left
    this.#startedAt = undefined
  }

  /** Gives back everything that was spent, and pauses. */
  renew(): void {
    this.#left = this.millis
    this.#startedAt = undefined
  }

  get left(): number {
    const spent = this.#startedAt === undefined ? 0 : systemClock.now() - this.#startedAt
    return Math.max(0, this.#left - spent)
  }
}
