// SPDX-License-Identifier: Apache-2.0
import type { ExportsInFlight } from '../export/exports-in-flight.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { BatchAssembler, Progress } from './batch-assembler.js'
import type { StagedBatch } from '../export/staged-batch.js'

/** Decides which batch is sent and when. Batches leave in the order in which their spans ended, while slots are free. */
export class BatchDispatcher {
  readonly #parts: PipelineParts
  readonly #assembler: BatchAssembler
  readonly #inFlight: ExportsInFlight

  constructor(parts: PipelineParts, assembler: BatchAssembler, inFlight: ExportsInFlight) {
    this.#parts = parts
    this.#assembler = assembler
    this.#inFlight = inFlight
  }

  /** Sends the closed batches, then the open one if it is old enough or has spans that a flush waits for (before `flushTo`). */
  send(now: number, flushTo: number, progress: Progress): void {
    this.#sendWaiting()
    const { dueAt } = this
    // An open batch that cannot be sent yet goes on filling.
    if (dueAt === Infinity) return
    const isFlushed = this.#assembler.oldest < flushTo && (progress !== 'more' || this.#parts.ring.tail >= flushTo)
    if (!isFlushed && (progress === 'more' || now < dueAt)) return
    this.#assembler.closeBatch()
    this.#sendWaiting()
  }

  /**
   * When the open batch is due; Infinity if it cannot be sent yet. In that case the next turn comes when an export settles or
   * a resource becomes known.
   */
  get dueAt(): number {
    const { open, waiting } = this.#assembler
    const canSend = open?.count && waiting.length === 0 && this.#canSend(open)
    return canSend ? open.since + this.#parts.scheduledDelayMillis : Infinity
  }

  /** Whether a slot is free, and every resource in the batch is known. */
  #canSend(staged: StagedBatch): boolean {
    return this.#inFlight.count < this.#parts.adapter.slotsFor(staged) && this.#parts.gate.isOpenFor(staged)
  }

  #sendWaiting(): void {
    const { waiting } = this.#assembler
    // If the first batch cannot be sent, the others wait behind it: spans leave in the order in which they ended.
    for (let first = waiting[0]; first !== undefined && this.#canSend(first); first = waiting[0]) {
      waiting.shift()
      this.#inFlight.send(first)
    }
  }
}
