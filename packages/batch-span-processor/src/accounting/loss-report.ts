// SPDX-License-Identifier: Apache-2.0
import { LOSS_OVER_MILLIS, REPORT_INTERVAL_MILLIS } from '../limits.js'
import { textOf, warn } from '../warn.js'
import { lostIn, snapshot } from './ledger.js'
import type { SpanCounts } from './ledger.js'

/**
 * Warns when spans start to be lost and when that is over, with counts by reason; never one line per span or batch.
 * Called by the drain loop alone, so `span.end()` never logs and a logger that ends spans cannot recurse.
 *
 * A loss is over when nothing more was lost for a while *and* spans have been exported since: during an outage nothing new
 * is lost between two failing exports, nor while no span ends.
 */
export class LossReport {
  /** The most recent error that was not reported yet. Anyone who catches one stores it here. */
  lastError: unknown
  readonly #counts: SpanCounts
  /** The counts at the end of the previous episode. */
  #reported: SpanCounts
  #lastSeen = 0
  #lastChangeAt = 0
  #exportedByThen = 0
  #startedAt = -Infinity
  #isLosing = false

  constructor(counts: SpanCounts) {
    this.#counts = counts
    this.#reported = snapshot(counts)
  }

  /** When to report next even if nothing happens, on the clock's scale; Infinity while there is nothing to report. */
  get nextAt(): number {
    if (!this.#isLosing) return this.#lost > 0 ? this.#startedAt + REPORT_INTERVAL_MILLIS : Infinity
    return this.#counts.exported > this.#exportedByThen ? this.#lastChangeAt + LOSS_OVER_MILLIS : Infinity
  }

  /** Looks at the counts and logs what is due; returns {@link nextAt}. */
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

  /** The last line, at shutdown: everything lost and not reported yet. */
  close(now: number): void {
    this.#look(now)
    if (this.#lost > 0) this.#end(now, 'shut down')
  }

  /** Runs code that may throw, like that of a metrics SDK; an error is reported with the next loss. */
  guard<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.lastError = error
      return undefined
    }
  }

  #look(now: number): void {
    const total = lostIn(this.#counts)
    if (total === this.#lastSeen) return
    this.#lastSeen = total
    this.#lastChangeAt = now
    this.#exportedByThen = this.#counts.exported
  }

  #end(now: number, what: string): void {
    const seconds = this.#isLosing ? ` in ${((now - this.#startedAt) / 1000).toFixed(1)} s` : ''
    this.#isLosing = false
    const sinceStart = `${this.#lastSeen} of ${this.#counts.ended} spans since the start`
    this.#warn(`${what}: lost ${this.#lost}${seconds} (${this.#reasons}), ${sinceStart}`)
    this.#reported = snapshot(this.#counts)
    this.lastError = undefined
  }

  /** In this episode. */
  get #lost(): number {
    return this.#lastSeen - lostIn(this.#reported)
  }

  /** The counts of this episode, in words. */
  get #reasons(): string {
    const reasons: string[] = []
    for (const kind of ['dropped', 'failed'] as const) {
      for (const [reason, total] of Object.entries(this.#counts[kind])) {
        const count = total - ((this.#reported[kind] as Readonly<Record<string, number>>)[reason] ?? 0)
        if (count > 0) reasons.push(`${count} ${kind} as ${reason}`)
      }
    }
    return reasons.join(', ')
  }

  #warn(message: string): void {
    warn(this.lastError === undefined ? message : `${message}; last error: ${textOf(this.lastError)}`)
  }
}
