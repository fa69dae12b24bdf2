// SPDX-License-Identifier: Apache-2.0
import { LOSS_OVER_MILLIS, REPORT_INTERVAL_MILLIS } from '../limits.js'
import { textOf, warn } from '../warn.js'
import { lostIn, snapshot } from './ledger.js'
import type { SpanCounts } from './ledger.js'

/**
 * Warns when spans start to be lost and when that is over, with counts by reason. Never logs a line per span or per batch.
 * Only the drain loop calls it, so `span.end()` never logs, and a logger that ends spans cannot cause a recursion.
 *
 * A loss is over when nothing more was lost for a while *and* spans have been exported since. The first condition is not
 * enough: in an outage nothing new is lost between two failing exports, or while no span ends.
 */
export class LossReport {
  /** The most recent error that was not reported yet. Any code that catches an error stores it here. */
  lastError: unknown
  readonly #counts: SpanCounts
  /** The counts at the end of the previous loss. */
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

  /** When the next report is due even if nothing else happens, on the clock's scale; Infinity if there is nothing to report. */
  get nextAt(): number {
    if (!this.#isLosing) return this.#lost > 0 ? this.#startedAt + REPORT_INTERVAL_MILLIS : Infinity
    return this.#counts.exported > this.#exportedByThen ? this.#lastChangeAt + LOSS_OVER_MILLIS : Infinity
  }

  /** Reads the counts and logs what is due. Returns {@link nextAt}. */
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

  /** Logs the last line, at shutdown: all losses that were not reported yet. */
  close(now: number): void {
    this.#look(now)
    if (this.#lost > 0) this.#end(now, 'shut down')
  }

  /** Runs code that may throw, such as that of a metrics SDK. An error is reported with the next loss. */
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

  /** The number of spans lost since the previous loss ended. */
  get #lost(): number {
    return this.#lastSeen - lostIn(this.#reported)
  }

  /** The losses since the previous one ended, by reason, in words. */
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
