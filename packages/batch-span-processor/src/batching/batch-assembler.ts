// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '@spanring/core'
import { FULL_RING_EXTRA, MAX_TURN_MILLIS, ROOM_WAIT_MILLIS, SPANS_PER_CLOCK_READING } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { StagedBatch } from '../export/staged-batch.js'

/** How far a turn got: it staged everything that it found, it ran out of time, or the exporter has no room. */
export type Progress = 'done' | 'more' | 'no_room'

/**
 * Moves spans from the ring into batches of the exporter: one open batch, and a queue of closed ones that wait to be sent.
 * It never sends, so `onEnd` may do a bounded piece of its work.
 */
export class BatchAssembler {
  /** Closed batches, to be sent in this order. */
  readonly waiting: StagedBatch[] = []
  readonly #parts: PipelineParts
  readonly #onRoom: () => void
  #open: StagedBatch | undefined
  /** The time since which the open batch, although empty, has had no room for the oldest span; Infinity if it has room. */
  #noRoomSince = Infinity
  /** A lower bound for the time at which the spans in the ring ended, on the clock's scale. */
  #since = 0

  constructor(parts: PipelineParts, onRoom: () => void) {
    this.#parts = parts
    this.#onRoom = onRoom
  }

  /** The batch that is being filled, if there is one. */
  get open(): StagedBatch | undefined {
    return this.#open
  }

  /** Sequence number of the oldest span that was not sent yet, whether in a batch or in the ring. */
  get oldest(): number {
    return Math.min((this.waiting[0] ?? this.#open)?.oldest ?? Infinity, this.#parts.ring.tail)
  }

  /**
   * Stages what is in the ring now, until the budget of the turn is used up. Spans that end meanwhile wait for the next turn:
   * otherwise an exporter that ends spans while it encodes would keep this loop running for ever.
   */
  stage(now: number): Progress {
    const { clock, ring, turnBudgetMillis } = this.#parts
    const { head } = ring
    this.matchExporter()
    const fill = ring.size / ring.capacity
    const endAt = now + Math.min(turnBudgetMillis * (1 + FULL_RING_EXTRA * fill), MAX_TURN_MILLIS)
    for (let i = 1; ring.tail < head; i++) {
      if (!this.stageOne()) return 'no_room'
      if (i % SPANS_PER_CLOCK_READING === 0 && ring.tail < head && clock.now() >= endAt) return 'more'
    }
    // Every span that is still to come ends after this turn began.
    this.#since = now
    return 'done'
  }

  /** Call this when a span arrives in a pipeline in which nothing waited. */
  begin(now: number): void {
    this.#since = now
  }

  /**
   * Moves the oldest span out of the ring, which must not be empty. If the open batch has no room for the span, closes that
   * batch instead. Returns false if the exporter has no room at all.
   */
  stageOne(): boolean {
    const { gate, ledger, maxExportBatchSize, ring } = this.#parts
    const span = ring.peek() as ReadableSpan
    const staged = this.#open ?? this.#openBatch()
    if (staged === undefined) return false
    let result = 'rejected'
    try {
      result = staged.batch.add(span)
    } catch {
      // A span on which the exporter throws must not hold up the spans behind it.
    }
    if (result === 'full') {
      if (staged.count > 0) {
        this.closeBatch()
        return true
      }
      if (this.#waitsForRoom()) return false
      result = 'buffer_full'
    }
    this.#noRoomSince = Infinity
    // Not earlier: code inside add() that ends a span or reads the counts must find this span in the ring.
    ring.take()
    if (result !== 'added') {
      this.#refuse(result === 'too_large' || result === 'buffer_full' ? result : 'rejected')
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

  /** Discards all spans and batches. The caller has already counted them as lost. */
  clear(): void {
    while (this.#parts.ring.take());
    this.waiting.length = 0
    this.#open = undefined
  }

  /**
   * Closes the open batch if it is of the wrong kind. `export` decides whether spans are handed over one by one, and it may
   * have been wrapped or unwrapped since the last span was staged. Call this whenever the application may have run meanwhile.
   */
  matchExporter(): void {
    if (this.#open && this.#open.isEncoded !== this.#parts.adapter.isIncremental) this.closeBatch()
  }

  /**
   * Whether the oldest span, which finds no room even in an empty batch, may go on waiting. An exporter that holds nothing
   * has room for every span that it can ever send. An exporter that never has room must not hold up the other spans for ever.
   */
  #waitsForRoom(): boolean {
    const { awaited, counts } = this.#parts.ledger
    const now = this.#parts.clock.now()
    // The exporter will have more room once one of our batches is settled.
    if (this.#noRoomSince === Infinity || counts.inFlight + counts.encoded + awaited > 0) this.#noRoomSince = now
    return now - this.#noRoomSince < Math.min(this.#parts.exportTimeoutMillis, ROOM_WAIT_MILLIS)
  }

  /** Counts the span that was just taken as one that can never be sent. */
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
