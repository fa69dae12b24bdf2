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

/** How long an exporter that settles by itself may be late, in milliseconds, before it is settled for it. */
const GRACE_MILLIS = 50

export interface ExportsInFlightParts {
  readonly ledger: Ledger
  readonly tickets: FlushTickets
  readonly scope: ExportScope
  readonly clock: Clock
  readonly exportTimeoutMillis: number
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
    const { clock, ledger, scope, exportTimeoutMillis } = this.#parts
    this.#batches.add(staged)
    ledger.staged -= staged.count
    ledger.inFlight += staged.count
    ledger.handedOver += staged.count
    const at = now + exportTimeoutMillis
    const deadline = { at, signal: staged.abort.signal, closing: this.#closing.signal }
    const outcome = bounded(clock, { at: at + GRACE_MILLIS }, () => scope.enter(staged.call, () => staged.batch.send(deadline)))
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
    ledger.inFlight -= staged.count
    const error = book(ledger, staged.count, settled)
    if (settled.status !== 'done') staged.abort.abort()
    if (error !== undefined) {
      tickets.fail(staged.firstSequence, error)
      onError(error)
    }
    onSettled()
  }
}

/** Books the outcome of a batch and returns the error to report, if any. An outcome that does not add up is not believed. */
function book(ledger: Ledger, total: number, settled: Settled<BatchOutcome>): unknown {
  if (settled.status === 'timeout') {
    ledger.fail('timeout', total)
    return new Error(`the export of ${total} spans has not ended in time`)
  }
  if (settled.status === 'aborted') {
    ledger.fail('shutdown', total)
    return new Error(`the export of ${total} spans had not ended at shutdown`)
  }
  if (settled.status === 'failed') {
    ledger.fail('export_failed', total)
    return settled.error ?? new Error('the export failed')
  }
  const outcome: BatchOutcome | undefined = settled.value
  if (!addsUp(outcome, total)) {
    ledger.fail('unknown', total)
    return new Error(`the exporter gave no account of ${total} spans that adds up`)
  }
  ledger.exported += outcome.exported
  for (const reason in outcome.failed) ledger.fail(reason, outcome.failed[reason] as number)
  if (outcome.exported === total) return undefined
  return (
    outcome.error ?? new Error(`${total - outcome.exported} of ${total} spans failed: ${Object.keys(outcome.failed).join(', ')}`)
  )
}

function addsUp(outcome: BatchOutcome | undefined, total: number): outcome is BatchOutcome {
  if (!isCount(outcome?.exported)) return false
  const counts = Object.values(outcome?.failed ?? {})
  return counts.every(isCount) && outcome.exported + sum(outcome.failed) === total
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
