// SPDX-License-Identifier: Apache-2.0
import { sum } from './ledger.js'
import type { Ledger } from './ledger.js'
import { LOSS_OVER_MILLIS, REPORT_INTERVAL_MILLIS } from '../limits.js'
import { textOf, warn } from '../warn.js'

/**
 * Says when spans start to be lost and when that is over, with counts by reason; never one line per span or batch.
 * Called from the drain loop alone, so `span.end()` never logs and a logger that ends spans cannot recurse.
 *
 * It is over when nothing more was lost for a while *and* spans have been exported since: during an outage there is no
 * new loss between two exports that fail, nor while nobody ends a span.
 */
export class LossReport {
  readonly #ledger: Ledger
  /** What was lost by the end of the episode before this one: in all, and by reason. */
  #reported = 0
  #reportedReasons: Readonly<Record<string, number>> = {}
  #lastSeen = 0
  #lastChangeAt = 0
  #exportedByThen = 0
  #startedAt = -Infinity
  #isLosing = false

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** When to look again although nothing happens, on the clock's scale; Infinity while there is nothing to say. */
  get nextAt(): number {
    if (!this.#isLosing) return this.#lastSeen > this.#reported ? this.#startedAt + REPORT_INTERVAL_MILLIS : Infinity
    return this.#ledger.exported > this.#exportedByThen ? this.#lastChangeAt + LOSS_OVER_MILLIS : Infinity
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
        this.#warn(`losing spans: ${this.#lost} so far (${this.#reasons})`)
      }
    }
    return this.nextAt
  }

  /** The last words at shutdown: whatever was lost and not yet said. */
  close(now: number): void {
    this.#look(now)
    if (this.#lost > 0) this.#end(now, 'shut down')
  }

  #look(now: number): void {
    const total = sum(this.#ledger.dropped) + sum(this.#ledger.failed)
    if (total === this.#lastSeen) return
    this.#lastSeen = total
    this.#lastChangeAt = now
    this.#exportedByThen = this.#ledger.exported
  }

  #end(now: number, what: string): void {
    const seconds = this.#isLosing ? ` in ${((now - this.#startedAt) / 1000).toFixed(1)} s` : ''
    this.#isLosing = false
    const sinceStart = `${this.#lastSeen} of ${this.#ledger.ended} spans since the start`
    this.#warn(`${what}: lost ${this.#lost}${seconds} (${this.#reasons}), ${sinceStart}`)
    this.#reported = this.#lastSeen
    this.#reportedReasons = this.#counts
    this.#ledger.lastError = undefined
  }

  /** In this episode. */
  get #lost(): number {
    return this.#lastSeen - this.#reported
  }

  /** Those of this episode, in words. */
  get #reasons(): string {
    const reasons: string[] = []
    for (const [reason, total] of Object.entries(this.#counts)) {
      const count = total - (this.#reportedReasons[reason] ?? 0)
      if (count > 0) reasons.push(`${count} ${reason}`)
    }
    return reasons.join(', ')
  }

  /** Since the start. The kind belongs to the key: an exporter may fail spans for a reason of the processor's. */
  get #counts(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const kind of ['dropped', 'failed'] as const) {
      for (const [reason, count] of Object.entries(this.#ledger[kind])) counts[`${kind} as ${reason}`] = count
    }
    return counts
  }

  #warn(message: string): void {
    const { lastError } = this.#ledger
    warn(lastError === undefined ? message : `${message}; last error: ${textOf(lastError)}`)
  }
}
