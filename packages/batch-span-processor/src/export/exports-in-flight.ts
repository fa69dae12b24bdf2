// SPDX-License-Identifier: Apache-2.0
import { errorIn } from '@spanring/core'
import type { BatchOutcome, Settled } from '@spanring/core'
import { BLOCKED_MILLIS, GRACE_MILLIS } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { StagedBatch } from '../batching/staged-batch.js'

/** The batches between hand-over and outcome. Each leaves exactly once: by its outcome, by its deadline or by the sweep. */
export class ExportsInFlight {
  readonly #parts: PipelineParts
  readonly #onSettled: () => void
  /** In the order in which they were handed over, which is that of their spans. */
  readonly #batches = new Set<StagedBatch>()

  constructor(parts: PipelineParts, onSettled: () => void) {
    this.#parts = parts
    this.#onSettled = onSettled
  }

  get count(): number {
    return this.#batches.size
  }

  /** Sequence number of the oldest span in flight; Infinity if there is none. */
  get oldest(): number {
    const [first] = this.#batches
    return first?.oldest ?? Infinity
  }

  /** Hands a batch over. Every count is right before foreign code runs. */
  send(staged: StagedBatch, now: number): void {
    const { clock, closing, ledger, scope, settings } = this.#parts
    const { batch, count } = staged
    const { signal } = staged.abort
    this.#batches.add(staged)
    if (staged.isEncoded) ledger.encoded -= count
    else ledger.staged -= count
    ledger.inFlight += count
    ledger.handedOver += count
    const at = now + settings.exportTimeoutMillis
    const graceMillis = staged.isEncoded ? GRACE_MILLIS : 0
    staged.lostAt = at + graceMillis + BLOCKED_MILLIS
    // The signal ends the wait as well, so that a sweep leaves no timer behind.
    const outcome = scope.call(clock, { at: at + graceMillis, signal }, () => batch.send({ at, signal, closing: closing.signal }))
    void outcome.then((settled) => this.#settle(staged, settled))
  }

  /**
   * Settles what is long overdue, since the timer that was to do so must be gone: a Cloudflare worker drops timers and
   * exports with the request in which they began. Not before I/O had another turn; true asks for that.
   */
  expire(now: number): boolean {
    let isNew = false
    for (const staged of this.#batches) {
      if (now < staged.lostAt) break
      if (staged.isOverdue) this.#settle(staged, { status: 'timeout' })
      else staged.isOverdue = isNew = true
    }
    return isNew
  }

  /** Settles whatever is still under way as lost. */
  sweep(): void {
    for (const staged of this.#batches) this.#settle(staged, { status: 'aborted' })
  }

  #settle(staged: StagedBatch, settled: Settled<BatchOutcome>): void {
    if (!this.#batches.delete(staged)) return
    const { ledger, barriers } = this.#parts
    const { count } = staged
    const { exported, failed, error } = outcomeOf(settled, count)
    ledger.inFlight -= count
    ledger.exported += exported
    for (const reason in failed) ledger.fail(reason, failed[reason] as number)
    if (exported < count) {
      ledger.lastError = error ?? new Error(`${count - exported} of ${count} spans failed: ${Object.keys(failed).join()}`)
      barriers.fail(staged.oldest, ledger.lastError)
    }
    // Only now: whoever hears of it may call back, and would have a flush settled that does not know of the failure.
    if (settled.status !== 'done') {
      staged.onAbandoned?.()
      staged.abort.abort()
    }
    this.#onSettled()
  }
}

/** What a batch is counted as when its `send` gave no outcome, or one that does not add up. */
const REASONS = { done: 'unknown', failed: 'export_failed', timeout: 'timeout', aborted: 'shutdown' } as const

function outcomeOf(settled: Settled<BatchOutcome>, total: number): BatchOutcome {
  if (settled.status === 'done') {
    try {
      // Read once: what comes from an exporter may throw, and may be something else the next time.
      const { exported, failed, error } = settled.value
      const outcome = { exported, failed: { ...failed }, error }
      let rest = total
      for (const count of [exported, ...Object.values(outcome.failed)]) {
        rest -= count >= 0 && Number.isSafeInteger(count) ? count : NaN
      }
      if (rest === 0) return outcome
    } catch {
      // Counted below.
    }
  }
  return { exported: 0, failed: { [REASONS[settled.status]]: total }, error: errorIn(settled) }
}
