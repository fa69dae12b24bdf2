// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '@spanring/core'
import { FULL_RING_EXTRA, MAX_TURN_MILLIS, ROOM_WAIT_MILLIS, SPANS_PER_LOOK } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { StagedBatch } from './staged-batch.js'

/** How far a turn came: it staged everything that it found, there is more, or the exporter has no room. */
export type Progress = 'done' | 'more' | 'no_room'

/**
 * Moves spans from the ring into batches of the exporter: one open batch, and a line of closed ones that wait to be
 * sent. Sends nothing, so a bounded piece of its work may be done inside `onEnd`.
 */
export class BatchAssembler {
  /** Closed batches, to be sent in this order. */
  readonly waiting: StagedBatch[] = []
  readonly #parts: PipelineParts
  readonly #onRoom: () => void
  #open: StagedBatch | undefined
  /** Since when the open batch, although empty, has had no room for the oldest span; Infinity if it has room. */
  #refusedSince = Infinity
  /** A lower bound for the time at which the spans in the ring ended, on the clock's scale. */
  #since = 0

  constructor(parts: PipelineParts, onRoom: () => void) {
    this.#parts = parts
    this.#onRoom = onRoom
  }

  /** The batch that is being filled. */
  get open(): StagedBatch | undefined {
    return this.#open
  }

  /** Sequence number of the oldest span that was not sent, in a batch or in the ring. */
  get oldest(): number {
    return Math.min((this.waiting[0] ?? this.#open)?.oldest ?? Infinity, this.#parts.ring.tail)
  }

  /**
   * Stages what is in the ring now, until the budget of a turn is used up. Spans that end meanwhile wait for the next turn:
   * an exporter that ends spans while it encodes would otherwise feed this loop for ever.
   */
  stage(now: number): Progress {
    const { clock, ring, turnBudgetMillis } = this.#parts
    const { head } = ring
    this.matchExporter()
    const fill = ring.size / ring.capacity
    const endAt = now + Math.min(turnBudgetMillis * (1 + FULL_RING_EXTRA * fill), MAX_TURN_MILLIS)
    for (let i = 1; ring.tail < head; i++) {
      if (!this.stageOne()) return 'no_room'
      if (i % SPANS_PER_LOOK === 0 && ring.tail < head && clock.now() >= endAt) return 'more'
    }
    // Every later span ends after this turn began.
    this.#since = now
    return 'done'
  }

  /** The queue was empty until now. */
  begin(now: number): void {
    this.#since = now
  }

  /**
   * Moves the oldest span out of the ring, which must hold one, or closes the batch that has no room for it. False if the
   * exporter has no room at all.
   */
  stageOne(): boolean {
    const { gate, ledger, maxExportBatchSize, ring } = this.#parts
    const span = ring.peek() as ReadableSpan
    const staged = this.#open ?? this.#openBatch()
    if (staged === undefined) return false
    let answer = 'rejected'
    try {
      answer = staged.batch.add(span)
    } catch {
      // A span that the exporter cannot take must not hold up the next ones.
    }
    if (answer === 'full') {
      if (staged.count > 0) {
        this.closeBatch()
        return true
      }
      if (this.#waitsForRoom()) return false
      answer = 'buffer_full'
    }
    this.#refusedSince = Infinity
    // Only now: code inside add() that ends a span or asks for the counts must find this span in the ring.
    ring.take()
    if (answer !== 'added') {
      this.#refuse(answer === 'too_large' || answer === 'buffer_full' ? answer : 'rejected')
      return true
    }
    if (staged.count++ === 0) {
      staged.oldest = ring.tail - 1
      staged.since = this.#since
    }
    if (staged.isEncoded) ledger.encode()
    const pending = gate.pendingOf(span, this.#since)
    if (pending !== undefined) (staged.pending ??= new Set()).add(pending)
    if (staged.count >= maxExportBatchSize) this.closeBatch()
    return true
  }

  /** Closes the open batch, full or not. An empty one is discarded. */
  closeBatch(): void {
    const open = this.#open
    this.#open = undefined
    if (open?.count) this.waiting.push(open)
    // The batch is sent even if that fails, and its outcome is counted. `close` may be an async function.
    void (async () => open?.batch.close?.())().catch(() => {})
  }

  /** Forgets everything; the caller has counted it. */
  clear(): void {
    while (this.#parts.ring.take());
    this.waiting.length = 0
    this.#open = undefined
  }

  /**
   * Closes a batch of the wrong kind: `export` may have been wrapped since the last span was staged, or unwrapped, and
   * decides whether spans are handed over one by one. Called whenever code of the application may have run since.
   */
  matchExporter(): void {
    if (this.#open && this.#open.isEncoded !== this.#parts.adapter.isIncremental) this.closeBatch()
  }

  /**
   * Whether the oldest span, which finds no room even in an empty batch, may go on waiting. An exporter that holds nothing
   * has room for every span that it can ever send; one that never has room must not hold up the spans behind for ever.
   */
  #waitsForRoom(): boolean {
    const { counts } = this.#parts.ledger
    const now = this.#parts.clock.now()
    // The exporter has more room as soon as one of our batches has left it.
    if (this.#refusedSince === Infinity || counts.inFlight + counts.encoded > 0) this.#refusedSince = now
    return now - this.#refusedSince < Math.min(this.#parts.exportTimeoutMillis, ROOM_WAIT_MILLIS)
  }

  /** The span that was just taken can never be sent. */
  #refuse(reason: string): void {
    const { losses, ring } = this.#parts
    losses.lastError = new Error(`exporter rejected a span (${reason})`)
    this.#parts.ledger.refuse(reason)
    this.#parts.barriers.fail(ring.tail - 1, losses.lastError)
  }

  #openBatch(): StagedBatch | undefined {
    const { adapter, barriers, losses } = this.#parts
    this.#open = losses.guard(() => adapter.openBatch(this.#onRoom, this.waiting.length === 0, !barriers.isEmpty))
    return this.#open
  }
}
