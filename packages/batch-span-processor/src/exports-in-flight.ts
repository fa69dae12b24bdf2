// SPDX-License-Identifier: Apache-2.0
import { bounded } from './bounded.js'
import type { Settled } from './bounded.js'
import type { Clock } from './clock.js'
import type { ExportScope } from './export-scope.js'
import type { FlushTickets } from './flush-tickets.js'
import { sum } from './ledger.js'
import type { Ledger } from './ledger.js'
import type { BatchOutcome } from './span-exporter.js'
import type { StagedBatch } from './staged-batch.js'

export interface ExportsInFlightParts {
  readonly ledger: Ledger
  readonly tickets: FlushTickets
  readonly scope: ExportScope
  readonly clock: Clock
  readonly exportTimeoutMillis: number
  /** How long an exporter that settles by itself may be late, in milliseconds, before it is settled for it. */
  readonly graceMillis: number
  readonly onSettled: () => void
  readonly onError: (error: unknown) => void
}

/** The batches between hand-over and outcome. Each leaves exactly once: by its outcome, by its deadline or by the sweep. */
export class ExportsInFlight {
  readonly #parts: ExportsInFlightParts
  readonly #batches = new Set<StagedBatch>()
  readonly #closing = new AbortController()

  constructor(parts: ExportsInFlightParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#batches.size
  }

  /** Sequence number of the oldest span in flight; Infinity if there is none. */
  get oldest(): number {
    let oldest = Infinity
    for (const staged of this.#batches) oldest = Math.min(oldest, staged.firstSequence)
    return oldest
  }

  /** Hands a batch over. Every count is right before foreign code runs. */
  send(staged: StagedBatch, now: number): void {
    const { clock, ledger, scope, exportTimeoutMillis, graceMillis } = this.#parts
    this.#batches.add(staged)
    ledger.staged -= staged.count
    ledger.inFlight += staged.count
    ledger.handedOver += staged.count
    const at = now + exportTimeoutMillis
    const deadline = { at, signal: staged.abort.signal, closing: this.#closing.signal }
    // The signal ends the wait as well, so that a sweep leaves no timer behind.
    const bound = { at: at + graceMillis, signal: staged.abort.signal }
    const outcome = bounded(clock, bound, () => scope.enter(staged.call, () => staged.batch.send(deadline)))
    void outcome.then((settled) => this.#settle(staged, settled))
  }

  /** Tells every export, now and later, that this is its last try. */
  announceClosing(): void {
    this.#closing.abort()
  }

  /** Settles whatever is still under way as lost. */
  sweep(): void {
    for (const staged of this.#batches) this.#settle(staged, { status: 'aborted', error: undefined })
  }

  #settle(staged: StagedBatch, settled: Settled<BatchOutcome>): void {
    const { ledger, scope, tickets, onError, onSettled } = this.#parts
    if (!this.#batches.delete(staged)) return
    scope.leave(staged.call)
    const { count } = staged
    const { exported, failed, error } = outcomeOf(settled, count)
    ledger.inFlight -= count
    ledger.exported += exported
    for (const reason in failed) ledger.fail(reason, failed[reason] as number)
    if (settled.status !== 'done') staged.abort.abort()
    if (exported < count) {
      const reported = error ?? new Error(`${count - exported} of ${count} spans failed: ${Object.keys(failed).join(', ')}`)
      tickets.fail(staged.firstSequence, reported)
      onError(reported)
    }
    onSettled()
  }
}

/** What a batch is counted as when its `send` gave no outcome. */
const REASONS = { failed: 'export_failed', timeout: 'timeout', aborted: 'shutdown' } as const

function outcomeOf(settled: Settled<BatchOutcome>, total: number): BatchOutcome {
  if (settled.status !== 'done') return { exported: 0, failed: { [REASONS[settled.status]]: total }, error: settled.error }
  // An outcome that does not add up is not believed.
  return addsUp(settled.value, total) ? settled.value : { exported: 0, failed: { unknown: total } }
}

function addsUp(outcome: BatchOutcome | undefined, total: number): outcome is BatchOutcome {
  if (!isCount(outcome?.exported)) return false
  const counts = Object.values(outcome?.failed ?? {})
  return counts.every(isCount) && outcome.exported + sum(outcome.failed) === total
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
