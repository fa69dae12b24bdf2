// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome, StoredOutcome } from '@spanring/core'
import { sum } from '../accounting/ledger.js'
import { countsOf } from './outcome-counts.js'
import type { PipelineParts } from '../pipeline-parts.js'

/**
 * What is left of a batch that was handed over. In a long outage there are tens of thousands of these, for hours. So it is
 * small, and refers to nothing.
 */
export interface OutstandingBatch {
  /** Sequence number of its oldest span. */
  readonly oldest: number
  /** Spans that are in flight or stored, and not kept. */
  count: number
  /** False while the batch is in flight. Then what is left of it is stored. */
  hasOutcome: boolean
}

/**
 * The batches for which a flush has to wait, in flight or stored, and what becomes of their spans. A stored batch has no slot,
 * timer, signal or promise here: only its {@link OutstandingBatch}, and the function that the exporter calls.
 */
export class OutstandingBatches {
  readonly #parts: PipelineParts
  readonly #onSettled: () => void
  /**
   * In the order in which the batches were handed over, which is the order of their spans. Those that are done are removed when
   * they are half of all: on average that costs two looks at each batch, in whatever order they end.
   */
  #batches: OutstandingBatch[] = []
  #doneCount = 0
  /** Every batch before this index is done. */
  #first = 0

  constructor(parts: PipelineParts, onSettled: () => void) {
    this.#parts = parts
    this.#onSettled = onSettled
  }

  /** Sequence number of the oldest span that is in flight or stored; Infinity if there is none. */
  get oldest(): number {
    while (this.#batches[this.#first]?.count === 0) this.#first++
    return this.#batches[this.#first]?.oldest ?? Infinity
  }

  /** A batch is handed over. */
  add(oldest: number, count: number): OutstandingBatch {
    const batch = { oldest, count, hasOutcome: false }
    this.#batches.push(batch)
    return batch
  }

  /**
   * The function for `Deadline.onStoredOutcome`, which the exporter keeps while the batch is stored. It is made here, where it
   * can refer to nothing but this object and what is left of the batch.
   */
  listenerOf(batch: OutstandingBatch): (outcome: StoredOutcome) => void {
    return (outcome) => this.#take(batch, outcome)
  }

  #take(batch: OutstandingBatch, outcome: StoredOutcome): void {
    if (batch.hasOutcome) {
      this.settle(batch, outcome, 'unknown')
      this.#onSettled()
    } else {
      // The exporter has resolved its promise in the same stretch of code, so the first outcome is about to be counted.
      this.#parts.clock.soon(() => batch.hasOutcome && this.#take(batch, outcome))
    }
  }

  /**
   * Counts an outcome, the first one or a later one. What is left of the batch has failed for `reason` if there is no outcome,
   * or if its counts do not add up.
   */
  settle(batch: OutstandingBatch, outcome: BatchOutcome | StoredOutcome | undefined, reason: string, ownError?: unknown): void {
    if (batch.count === 0) return
    const { barriers, ledger, losses } = this.#parts
    const counts = countsOf(batch, outcome, reason, ownError)
    const { exported, failed, kept, error } = counts
    const lost = sum(failed)
    ledger.settle(batch.hasOutcome ? 0 : batch.count, counts)
    if (lost > 0) {
      losses.lastError = error ?? new Error(`${lost} of ${batch.count} spans failed: ${Object.keys(failed).join()}`)
      barriers.fail(batch.oldest, losses.lastError)
    }
    batch.hasOutcome = true
    batch.count -= exported + lost + kept
    if (batch.count === 0 && ++this.#doneCount * 2 >= this.#batches.length) {
      this.#batches = this.#batches.filter(({ count }) => count > 0)
      this.#doneCount = this.#first = 0
    }
  }

  /** Counts what is still stored, and not kept, as lost. The shutdown is over, so nobody will tell what becomes of it. */
  sweep(): void {
    for (const batch of this.#batches) if (batch.hasOutcome) this.settle(batch, undefined, 'shutdown')
  }
}
