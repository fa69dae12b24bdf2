// SPDX-License-Identifier: Apache-2.0
import { FULL_RING_EXTRA, MAX_TURN_MILLIS, ROOM_WAIT_MILLIS, SPANS_PER_LOOK } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { StagedBatch } from './staged-batch.js'

/** What became of one span, if there was one: `blocked` means that the exporter has no room for it at the time. */
type Staged = 'moved' | 'empty' | 'blocked'

/** How far a turn came: nothing of what it found is left, there is more, or the exporter has no room. */
export type Progress = 'done' | 'more' | 'blocked'

/** What a span is counted as that was not added; anything else that an exporter says means `rejected`. */
const REASONS: Readonly<Record<string, string>> = { too_large: 'too_large', full: 'buffer_full' }

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
  /** Since when the open batch, although it is empty, has no room for the oldest span; Infinity if it has. */
  #refusedSince = Infinity
  /** No span in the ring ended before this, on the clock's scale. */
  #since = 0

  constructor(parts: PipelineParts, onRoom: () => void) {
    this.#parts = parts
    this.#onRoom = onRoom
  }

  /** The batch that is being filled, if it holds a span. */
  get open(): StagedBatch | undefined {
    return this.#open?.count ? this.#open : undefined
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
   * Stages what is in the ring now until the budget of a turn is used up. Not what comes meanwhile: an exporter that
   * ends spans while it encodes would feed this loop for ever.
   */
  stage(now: number): Progress {
    const { clock, ring, settings } = this.#parts
    const { head } = ring
    this.matchExporter()
    const fill = ring.size / ring.capacity
    const endAt = now + Math.min(settings.turnBudgetMillis * (1 + FULL_RING_EXTRA * fill), MAX_TURN_MILLIS)
    let progress: Progress = 'done'
    for (let i = 1; progress === 'done' && ring.tail < head; i++) {
      if (this.stageOne() === 'blocked') progress = 'blocked'
      else if (i % SPANS_PER_LOOK === 0 && ring.tail < head && clock.now() >= endAt) progress = 'more'
    }
    // What is left then, and what comes, has ended after this turn began.
    if (ring.tail >= head) this.#since = now
    return progress
  }

  /** The queue was empty until now. */
  begin(now: number): void {
    this.#since = now
  }

  /** Moves one span, or closes the batch that had no room for it. */
  stageOne(): Staged {
    const { gate, ledger, ring, settings } = this.#parts
    const span = ring.peek()
    if (span === undefined) return 'empty'
    const staged = this.#open ?? this.#openBatch()
    if (staged === undefined) return 'blocked'
    let verdict = 'rejected'
    try {
      verdict = staged.batch.add(span)
    } catch {
      // What the exporter cannot take must not hold up what follows.
    }
    if (verdict === 'full') {
      if (staged.count > 0) {
        this.closeBatch()
        return 'moved'
      }
      if (this.#waitsForRoom()) return 'blocked'
    }
    this.#refusedSince = Infinity
    // Removed only now: whoever ends a span or asks for the counts inside add() finds this one in the ring.
    ring.take()
    if (verdict !== 'added') {
      this.#reject(REASONS[verdict] ?? 'rejected')
      return 'moved'
    }
    if (staged.count++ === 0) {
      staged.oldest = ring.tail - 1
      staged.since = this.#since
    }
    if (staged.isEncoded) ledger.encoded++
    else ledger.staged++
    const pending = gate.pendingOf(span, this.#since)
    if (pending !== undefined) (staged.pending ??= new Set()).add(pending)
    if (staged.count >= settings.maxExportBatchSize) this.closeBatch()
    return 'moved'
  }

  /** Closes the open batch, full or not, if it holds a span. */
  closeBatch(): void {
    if (!this.#open?.count) return
    this.waiting.push(this.#open)
    this.#endFilling()
  }

  #endFilling(): void {
    const batch = this.#open?.batch
    this.#open = undefined
    try {
      batch?.close?.()
    } catch {
      // The batch is sent all the same; what comes of that is counted.
    }
  }

  /** Forgets everything; the caller has counted it. */
  clear(): void {
    while (this.#parts.ring.take());
    this.waiting.length = 0
    this.#open = undefined
  }

  /**
   * Spans that are staged from here on go through a wrapper that was put around `export` meanwhile, or no longer do. To be
   * called whenever code of the application may have run since the last span was staged.
   */
  matchExporter(): void {
    if (this.#open === undefined || this.#open.isEncoded === this.#parts.adapter.isIncremental) return
    this.closeBatch()
    this.#endFilling()
  }

  /**
   * Whether the oldest span, which finds no room even in an empty batch, may go on waiting. An exporter that holds nothing
   * has room for whatever it can send at all; one that never finds any must not hold up the spans behind for ever.
   */
  #waitsForRoom(): boolean {
    const { clock, ledger, settings } = this.#parts
    const now = clock.now()
    // As long as something of ours is on its way, there will be more room.
    if (this.#refusedSince === Infinity || ledger.inFlight + ledger.encoded > 0) this.#refusedSince = now
    return now - this.#refusedSince < Math.min(settings.exportTimeoutMillis, ROOM_WAIT_MILLIS)
  }

  /** The span that was just taken can never be sent. */
  #reject(reason: string): void {
    const { ledger, ring, barriers } = this.#parts
    ledger.lastError = new Error(`exporter rejected a span (${reason})`)
    ledger.refuse(reason)
    barriers.fail(ring.tail - 1, ledger.lastError)
  }

  #openBatch(): StagedBatch | undefined {
    const { ledger, adapter } = this.#parts
    try {
      this.#open = adapter.openBatch(this.#onRoom, this.waiting.length === 0)
    } catch (error) {
      ledger.lastError = error
    }
    return this.#open
  }
}
