// SPDX-License-Identifier: Apache-2.0
import { FULL_RING_EXTRA, MAX_TURN_MILLIS, SPANS_PER_LOOK } from './limits.js'
import type { PipelineParts } from './pipeline-parts.js'
import type { StagedBatch } from './staged-batch.js'

/**
 * Moves spans from the ring into batches of the exporter: one open batch, and a line of closed ones that wait to be
 * sent. Sends nothing, so a bounded piece of its work may be done inside `onEnd`.
 */
export class Stager {
  /** The exporter has no room, or a resource is not known yet: nothing moves until that changes. */
  isBlocked = false
  /** Closed batches, to be sent in this order. */
  readonly waiting: StagedBatch[] = []
  readonly #parts: PipelineParts
  readonly #onRoom: () => void
  #open: StagedBatch | undefined

  constructor(parts: PipelineParts, onRoom: () => void) {
    this.#parts = parts
    this.#onRoom = onRoom
  }

  /** How many spans the open batch still takes, by count. */
  get room(): number {
    return this.#parts.settings.maxExportBatchSize - (this.#open?.count ?? 0)
  }

  /** Sequence number of the oldest span that was not sent, in a batch or in the ring. */
  get oldest(): number {
    return Math.min((this.waiting[0] ?? this.#open)?.oldest ?? Infinity, this.#parts.ring.tail)
  }

  /**
   * Stages what is in the ring now until the budget of a turn is used up; whether nothing of that is left to move. Not
   * what comes meanwhile: an exporter that ends spans while it encodes would feed this loop for ever.
   */
  stage(now: number): boolean {
    const { clock, ring, settings } = this.#parts
    const { head } = ring
    const fill = ring.size / ring.capacity
    const endAt = now + Math.min(settings.turnBudgetMillis * (1 + FULL_RING_EXTRA * fill), MAX_TURN_MILLIS)
    for (let i = 1; ring.tail < head && this.stageOne(); i++) {
      if (i % SPANS_PER_LOOK === 0 && clock.now() >= endAt) return ring.tail >= head
    }
    return true
  }

  /** Moves one span, or closes the batch that had no room for it; false when there is none, or no place for it. */
  stageOne(): boolean {
    const { gate, ledger, ring, settings, tickets } = this.#parts
    const span = ring.peek()
    if (span === undefined) return false
    const staged = gate.isOpenFor(span) ? (this.#open ?? this.#openBatch()) : undefined
    if (staged === undefined) {
      this.isBlocked = true
      return false
    }
    let verdict = 'rejected'
    try {
      verdict = staged.batch.add(span)
    } catch {
      // What the exporter cannot take must not hold up what follows.
    }
    if (verdict === 'full' && staged.count > 0) {
      this.closeBatch()
      return true
    }
    // Removed only now: whoever ends a span or asks for the counts inside add() finds this one in the ring.
    ring.take()
    if (verdict === 'added') {
      if (staged.count++ === 0) staged.oldest = ring.tail - 1
      ledger.staged++
      if (staged.count >= settings.maxExportBatchSize) this.closeBatch()
    } else {
      // The exporter does not want this span, or finds no place for it even in an empty batch.
      ledger.lastError = new Error('exporter rejected a span')
      ledger.handedOver++
      ledger.fail('rejected', 1)
      tickets.fail(ring.tail - 1, ledger.lastError)
    }
    return true
  }

  /** The open batch goes out as it is, if it holds a span. */
  closeBatch(): void {
    if (!this.#open?.count) return
    this.waiting.push(this.#open)
    this.#open = undefined
  }

  /** Forgets everything; the caller has counted it. */
  clear(): void {
    while (this.#parts.ring.take());
    this.waiting.length = 0
    this.#open = undefined
  }

  #openBatch(): StagedBatch | undefined {
    try {
      const batch = this.#parts.target.openBatch(this.#onRoom)
      if (batch) this.#open = { batch, oldest: Infinity, count: 0, abort: new AbortController() }
    } catch (error) {
      this.#parts.ledger.lastError = error
    }
    return this.#open
  }
}
