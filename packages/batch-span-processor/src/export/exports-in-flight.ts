// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome, Settled } from '@spanring/core'
import type { OutstandingBatch, OutstandingBatches } from './outstanding-batches.js'
import type { StagedBatch } from './staged-batch.js'
import { GRACE_MILLIS, OVERDUE_MILLIS } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'

/** The batches between hand-over and outcome. Each is settled exactly once: by its outcome, its deadline or the sweep. */
export class ExportsInFlight {
  readonly #parts: PipelineParts
  readonly #outstanding: OutstandingBatches
  readonly #onSettled: () => void
  /** In the order in which the batches were handed over, each with what is left of it when it is stored. */
  readonly #batches = new Map<StagedBatch, OutstandingBatch>()

  constructor(parts: PipelineParts, outstanding: OutstandingBatches, onSettled: () => void) {
    this.#parts = parts
    this.#outstanding = outstanding
    this.#onSettled = onSettled
  }

  get count(): number {
    return this.#batches.size
  }

  /** Hands a batch over. All counts are updated before foreign code runs. */
  send(staged: StagedBatch): void {
    const { clock, closing, context } = this.#parts
    const { batch, isEncoded } = staged
    const { signal } = staged.abort
    const outstanding = this.#outstanding.add(staged.oldest, staged.count)
    this.#batches.set(staged, outstanding)
    this.#parts.ledger.handOver(staged.count, isEncoded)
    const at = clock.now() + this.#parts.exportTimeoutMillis
    const settledBy = isEncoded ? at + GRACE_MILLIS : at
    staged.lostAt = settledBy + OVERDUE_MILLIS
    // The signal ends the wait as well, so that a sweep leaves no timer behind.
    const onOutcome = (value: BatchOutcome): void => this.#settle(staged, { status: 'done', value })
    const onStoredOutcome = this.#outstanding.listenerOf(outstanding)
    const deadline = { at, signal, closing: closing.signal, onOutcome, onStoredOutcome }
    const wait = context.call(clock, { at: settledBy, signal }, () => batch.send(deadline))
    void wait.then((settled) => this.#settle(staged, settled))
  }

  /**
   * Settles exports that are long overdue. Their timers must be gone: Cloudflare Workers drop timers and exports when the
   * request in which they began is over. The event loop first polls for I/O once more (R8), unless
   * it never will.
   */
  expire(now: number): void {
    for (const staged of this.#batches.keys()) {
      if (now < staged.lostAt) break
      const settle = (): void => this.#settle(staged, { status: 'timeout' })
      if (this.#parts.adapter.mayOverlap) settle()
      else this.#parts.clock.soon(settle)
    }
  }

  /** Settles every export under way as lost. */
  sweep(): void {
    for (const staged of this.#batches.keys()) this.#settle(staged, { status: 'aborted' })
  }

  #settle(staged: StagedBatch, settled: Settled<BatchOutcome>): void {
    const outstanding = this.#batches.get(staged)
    if (!outstanding) return
    this.#batches.delete(staged)
    const outcome = settled.status === 'done' ? settled.value : undefined
    this.#outstanding.settle(outstanding, outcome, REASONS[settled.status], settled.error)
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
