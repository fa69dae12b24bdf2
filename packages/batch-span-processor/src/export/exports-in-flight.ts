// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome, Settled } from '@spanring/core'
import type { StagedBatch } from './staged-batch.js'
import { GRACE_MILLIS, OVERDUE_MILLIS } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'

/** The batches between hand-over and outcome. Each is settled exactly once: by its outcome, its deadline or the sweep. */
export class ExportsInFlight {
  readonly #parts: PipelineParts
  readonly #onSettled: () => void
  /** In the order in which the batches were handed over, which is the order of their spans. */
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

  /** Hands a batch over. All counts are updated before foreign code runs. */
  send(staged: StagedBatch): void {
    const { clock, closing, context } = this.#parts
    const { batch, isEncoded } = staged
    const { signal } = staged.abort
    this.#batches.add(staged)
    this.#parts.ledger.handOver(staged.count, isEncoded)
    const at = clock.now() + this.#parts.exportTimeoutMillis
    const settledBy = isEncoded ? at + GRACE_MILLIS : at
    staged.lostAt = settledBy + OVERDUE_MILLIS
    // The signal ends the wait as well, so that a sweep leaves no timer behind.
    const onOutcome = (value: BatchOutcome): void => this.#settle(staged, { status: 'done', value })
    const deadline = { at, signal, closing: closing.signal, onOutcome }
    const wait = context.call(clock, { at: settledBy, signal }, () => batch.send(deadline))
    void wait.then((settled) => this.#settle(staged, settled))
  }

  /**
   * Settles exports that are long overdue. Their timers must be gone: Cloudflare Workers drop timers and exports when the
   * request in which they began is over. The event loop first polls for I/O once more (R8), unless
   * it never will.
   */
  expire(now: number): void {
    for (const staged of this.#batches) {
      if (now < staged.lostAt) break
      const settle = (): void => this.#settle(staged, { status: 'timeout' })
      if (this.#parts.adapter.mayOverlap) settle()
      else this.#parts.clock.soon(settle)
    }
  }

  /** Settles every export under way as lost. */
  sweep(): void {
    for (const staged of this.#batches) this.#settle(staged, { status: 'aborted' })
  }

  #settle(staged: StagedBatch, settled: Settled<BatchOutcome>): void {
    if (!this.#batches.delete(staged)) return
    const { barriers, losses } = this.#parts
    const { count } = staged
    const outcome = outcomeOf(settled, count)
    const { exported, failed, error } = outcome
    this.#parts.ledger.settle(count, outcome)
    if (exported < count) {
      losses.lastError = error ?? new Error(`${count - exported} of ${count} spans failed: ${Object.keys(failed).join()}`)
      barriers.fail(staged.oldest, losses.lastError)
    }
    // After the barriers know of the failure: the code called here may call back in and settle a flush.
    if (settled.status !== 'done') {
      staged.onAbandoned?.()
      staged.abort.abort()
    }
    this.#onSettled()
  }
}

/** The reason for which a whole batch counts as failed if `send` has no outcome, or one that does not add up. */
const REASONS = { done: 'unknown', failed: 'export_failed', timeout: 'timeout', aborted: 'shutdown' } as const

function outcomeOf(settled: Settled<BatchOutcome>, total: number): BatchOutcome {
  if (settled.status === 'done') {
    try {
      // Read once, because a getter of the exporter may throw, or return something else the next time.
      const { exported, failed, error } = settled.value
      const outcome = { exported, failed: { ...failed }, error }
      let rest = total
      for (const count of [exported, ...Object.values(outcome.failed)]) {
        rest -= count >= 0 && Number.isSafeInteger(count) ? count : NaN
      }
      if (rest === 0) return outcome
    } catch {
      // The whole batch counts as failed, see below.
    }
  }
  return { exported: 0, failed: { [REASONS[settled.status]]: total }, error: settled.error }
}
