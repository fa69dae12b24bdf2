// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import { sum } from './ledger.js'
import type { Ledger } from './ledger.js'

/** A loss is over when nothing more was lost for this long, in milliseconds. */
export const LOSS_OVER_MILLIS = 5000
/** At most one line of each kind in this time, in milliseconds, however often losses start and end. */
export const REPORT_INTERVAL_MILLIS = 30_000

/**
 * Says when spans start to be lost and when that is over, with counts by reason; never one line per span or batch.
 * Called from the drain loop alone, so `span.end()` never logs and a logger that ends spans cannot recurse.
 */
export class LossReport {
  readonly #ledger: Ledger
  #reported = 0
  #lastSeen = 0
  #lastChangeAt = -Infinity
  #nextStartAt = -Infinity
  #startedAt = 0
  #isLosing = false
  #lastError: unknown

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  noteError(error: unknown): void {
    this.#lastError = error
  }

  /** When to look again although nothing happens, on the clock's scale; Infinity while there is nothing to say. */
  get nextAt(): number {
    if (this.#isLosing) return this.#lastChangeAt + LOSS_OVER_MILLIS
    return this.#lastSeen > this.#reported ? this.#nextStartAt : Infinity
  }

  /** Whether a call of {@link report} would find something new. */
  isDue(now: number): boolean {
    return lost(this.#ledger) !== this.#lastSeen || now >= this.nextAt
  }

  report(now: number): void {
    const total = lost(this.#ledger)
    if (total !== this.#lastSeen) {
      this.#lastSeen = total
      this.#lastChangeAt = now
    }
    if (!this.#isLosing && total > this.#reported && now >= this.#nextStartAt) {
      this.#isLosing = true
      this.#startedAt = now
      this.#nextStartAt = now + REPORT_INTERVAL_MILLIS
      warn(`losing spans: ${total - this.#reported} so far (${this.#reasons()})${this.#cause()}`)
    } else if (this.#isLosing && now >= this.#lastChangeAt + LOSS_OVER_MILLIS) {
      this.#end(now, 'no longer losing spans')
    }
  }

  /** The last words at shutdown: whatever was lost and not yet said. */
  close(now: number): void {
    const total = lost(this.#ledger)
    if (total > this.#reported) this.#end(now, 'shut down')
  }

  #end(now: number, what: string): void {
    const total = lost(this.#ledger)
    const seconds = this.#isLosing ? ` in ${((now - this.#startedAt) / 1000).toFixed(1)} s` : ''
    const count = total - this.#reported
    this.#isLosing = false
    this.#reported = total
    this.#lastSeen = total
    warn(
      `${what}: ${count} were lost${seconds}; since the start ${this.#reasons()} of ${this.#ledger.ended} ended${this.#cause()}`,
    )
    this.#lastError = undefined
  }

  #reasons(): string {
    const { dropped, failed } = this.#ledger
    return [...entries('dropped', dropped), ...entries('failed', failed)].join(', ')
  }

  #cause(): string {
    return this.#lastError === undefined ? '' : `; last error: ${messageOf(this.#lastError)}`
  }
}

function lost(ledger: Ledger): number {
  return sum(ledger.dropped) + sum(ledger.failed)
}

function entries(kind: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${kind} as ${reason}`)
}

/** Long enough for any sentence, too short for a response body that somebody put into a message. */
const MAX_MESSAGE_LENGTH = 300

export function messageOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message || error.name : String(error)
    return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text
  } catch {
    return 'unknown'
  }
}

/** The application's logger may throw; the loop goes on. */
function warn(message: string): void {
  try {
    diag.warn(`BatchSpanProcessor: ${message}`)
  } catch {
    // The counts stay in stats() and in the metrics.
  }
}
