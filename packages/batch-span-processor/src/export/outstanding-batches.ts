// SPDX-License-Identifier: Apache-2.0
import type { StoredOutcome } from '@spanring/core'
import { sum } from '../accounting/ledger.js'
import { allFailed, countsOf } from './outcome-counts.js'
import type { OutcomeCounts } from './outcome-counts.js'
import type { PipelineParts } from '../pipeline-parts.js'

/**
 * What is left of a batch that was handed over. In a long outage there are tens of thousands of these, for hours. So it is
 * small, and refers to nothing.
 */
export class OutstandingBatch {
  /** Sequence number of its oldest span. */
  readonly oldest: number
  /** Spans that are in flight or stored, and not kept. */
  count: number
  /** Whether it is no longer in flight: what is left of it is stored. */
  hasOutcome = false

  constructor(oldest: number, count: number) {
    this.oldest = oldest
    this.count = count
  }
}

/**
 * The batches for which a flush has to wait, in flight or stored, and what becomes of the stored ones. A stored batch has no
 * slot, no timer, no signal and no promise here: only its {@link OutstandingBatch}, and the function that the exporter calls.
 */
export class OutstandingBatches {
  readonly #parts: PipelineParts
  readonly #onSettled: () => void
  /**
   * In the order in which the batches were handed over, which is the order of their spans. A batch that is done stays here
   * until half of them are. So each batch is looked at a constant number of times on average, in whatever order they end.
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
    const batch = new OutstandingBatch(oldest, count)
    this.#batches.push(batch)
    return batch
  }

  /**
   * The function for {@link Deadline.onStoredOutcome}, which the exporter keeps while the batch is stored. It is made here, where
   * it can refer to nothing but its two variables.
   */
  listenerOf(batch: OutstandingBatch): (outcome: StoredOutcome) => void {
    return (outcome) => this.#takeStored(batch, outcome)
  }

  /** A batch in flight has got its outcome, whose counts add up. */
  settle(batch: OutstandingBatch, counts: OutcomeCounts): void {
    batch.hasOutcome = true
    this.#parts.ledger.settle(batch.count, counts)
    this.#leave(batch, counts.staying, counts)
  }

  /** Counts what is still stored, and not kept, as lost: the shutdown is over, and nobody will tell what becomes of it. */
  sweep(): void {
    for (const batch of this.#batches) this.#settleStored(batch, allFailed(batch.count, 'shutdown'))
  }

  #takeStored(batch: OutstandingBatch, outcome: StoredOutcome): void {
    if (batch.hasOutcome) {
      const counts = countsOf(outcome, 'kept')
      const { count } = batch
      this.#settleStored(batch, counts.total <= count ? counts : allFailed(count, 'unknown'))
      this.#onSettled()
    } else {
      // A promise that was resolved in the same stretch of code has not told the first outcome yet.
      this.#parts.clock.soon(() => batch.hasOutcome && this.#takeStored(batch, outcome))
    }
  }

  #settleStored(batch: OutstandingBatch, counts: OutcomeCounts): void {
    if (batch.count === 0) return
    this.#parts.ledger.settleStored(counts, counts.staying)
    this.#leave(batch, batch.count - counts.total, counts)
  }

  #leave(batch: OutstandingBatch, left: number, { failed, error }: OutcomeCounts): void {
    const { barriers, losses } = this.#parts
    const lost = sum(failed)
    if (lost > 0) {
      losses.lastError = error ?? new Error(`${lost} of ${batch.count} spans failed: ${Object.keys(failed).join()}`)
      barriers.fail(batch.oldest, losses.lastError)
    }
    batch.count = left
    if (left === 0 && ++this.#doneCount * 2 >= this.#batches.length) {
      this.#batches = this.#batches.filter(({ count }) => count > 0)
      this.#doneCount = this.#first = 0
    }
  }
}
