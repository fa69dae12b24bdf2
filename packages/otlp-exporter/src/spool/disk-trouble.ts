// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import { codeOf } from './disk.js'

/** At most one warning per interval of this length, in milliseconds. */
const WARN_MILLIS = 30_000
/** How long the disk is left alone after it refused something, in milliseconds. */
const PAUSE_MILLIS = 3000

export type Access = 'read' | 'write'

/** Warns when the disk refuses something, and once when it works again. */
export class DiskTrouble {
  readonly #directory: string
  readonly #clock: Clock
  readonly #onWarning: (text: string) => void
  #warnedAt = -Infinity
  readonly #retryAt = { read: -Infinity, write: -Infinity }
  /** Whether a warning stands that nobody has taken back. */
  #isWarned = false

  constructor(directory: string, clock: Clock, onWarning: (text: string) => void) {
    this.#directory = directory
    this.#clock = clock
    this.#onWarning = onWarning
  }

  /** Whether it is left alone for a while. A disk that is full can be read, and has room again when what is on it was sent. */
  isPaused(access: Access): boolean {
    return this.#clock.now() < this.#retryAt[access]
  }

  pause(access: Access): void {
    this.#retryAt[access] = this.#clock.now() + PAUSE_MILLIS
  }

  /** `now` says what happens to the spans, as the end of a sentence. */
  failed(what: string, error: unknown, now: string): void {
    const at = this.#clock.now()
    if (at - this.#warnedAt < WARN_MILLIS) return
    this.#warnedAt = at
    this.#isWarned = true
    const message = error instanceof Error ? error.message : String(error)
    const code = codeOf(error)
    const cause = /^E[A-Z]+$/.test(code) && !message.includes(code) ? `${code}: ${message}` : message
    this.#onWarning(`cannot ${what} the spool in ${this.#directory} (${cause}); ${now}`)
  }

  /** The disk has taken a record. */
  worked(): void {
    this.#retryAt.write = -Infinity
    if (!this.#isWarned) return
    this.#isWarned = false
    this.#onWarning(`the spool in ${this.#directory} works again`)
  }
}
