// SPDX-License-Identifier: Apache-2.0
import { sum } from './ledger.js'
import type { Ledger } from './ledger.js'
import { LOSS_OVER_MILLIS, REPORT_INTERVAL_MILLIS } from './limits.js'
import { textOf, warn } from './warn.js'

/**
 * Says when spans start to be lost and when that is over, with counts by reason; never one line per span or batch.
 * Called from the drain loop alone, so `span.end()` never logs and a logger that ends spans cannot recurse.
 */
export class LossReport {
  readonly #ledger: Ledger
  #reported = 0
  #lastSeen = 0
  #lastChangeAt = 0
  #startedAt = -Infinity
  #isLosing = false

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** When to look again although nothing happens, on the clock's scale; Infinity while there is nothing to say. */
  get nextAt(): number {
    if (this.#isLosing) return this.#lastChangeAt + LOSS_OVER_MILLIS
    return this.#lastSeen > this.#reported ? this.#startedAt + REPORT_INTERVAL_MILLIS : Infinity
  }

  /** Looks at the counts and says what is due; returns {@link nextAt}. */
  report(now: number): number {
    this.#look(now)
    if (now >= this.nextAt) {
      if (this.#isLosing) {
        this.#end(now, 'no longer losing spans')
      } else {
        this.#isLosing = true
        this.#startedAt = now
        this.#warn(`losing spans: ${this.#lastSeen - this.#reported} so far (${this.#reasons})`)
      }
    }
    return this.nextAt
  }

  /** The last words at shutdown: whatever was lost and not yet said. */
  close(now: number): void {
    this.#look(now)
    if (this.#lastSeen > this.#reported) this.#end(now, 'shut down')
  }

  #look(now: number): void {
    const total = sum(this.#ledger.dropped) + sum(this.#ledger.failed)
    if (total === this.#lastSeen) return
    this.#lastSeen = total
    this.#lastChangeAt = now
  }

  #end(now: number, what: string): void {
    const seconds = this.#isLosing ? ` in ${((now - this.#startedAt) / 1000).toFixed(1)} s` : ''
    this.#isLosing = false
    this.#warn(
      `${what}: ${this.#lastSeen - this.#reported} were lost${seconds}; since the start ${this.#reasons} of ${this.#ledger.ended} ended`,
    )
    this.#reported = this.#lastSeen
    this.#ledger.lastError = undefined
  }

  get #reasons(): string {
    const reasons: string[] = []
    for (const kind of ['dropped', 'failed'] as const) {
      for (const [reason, count] of Object.entries(this.#ledger[kind])) {
        if (count > 0) reasons.push(`${count} ${kind} as ${reason}`)
      }
    }
    return reasons.join(', ')
  }

  #warn(message: string): void {
    const { lastError } = this.#ledger
    warn(lastError === undefined ? message : `${message}; last error: ${textOf(lastError)}`)
  }
}
