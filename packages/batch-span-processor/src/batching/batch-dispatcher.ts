// SPDX-License-Identifier: Apache-2.0
import type { ExportsInFlight } from '../export/exports-in-flight.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { StagedBatch } from './staged-batch.js'
import type { Progress, BatchAssembler } from './batch-assembler.js'

/** Which batch leaves, and when: in the order in which their spans ended, while slots are free. */
export class BatchDispatcher {
  readonly #parts: PipelineParts
  readonly #assembler: BatchAssembler
  readonly #inFlight: ExportsInFlight

  constructor(parts: PipelineParts, stager: BatchAssembler, inFlight: ExportsInFlight) {
    this.#parts = parts
    this.#assembler = stager
    this.#inFlight = inFlight
  }

  /** Sends what is closed, then the open batch if it is due by its age or wanted up to a sequence number. */
  send(now: number, flushTo: number, progress: Progress): void {
    this.#sendWaiting()
    if (!this.#isOpenDue(now, flushTo, progress)) return
    this.#assembler.closeBatch()
    this.#sendWaiting()
  }

  /** When the open batch is due; never if it cannot be sent: the export that settles brings the next turn, or the resource that is known. */
  get dueAt(): number {
    return this.#canSendOpen ? this.#openDueAt : Infinity
  }

  /** Whether the open batch is to go out now, full or not. One that could not be sent is rather filled. */
  #isOpenDue(now: number, flushTo: number, progress: Progress): boolean {
    const { ring } = this.#parts
    const isFlushed = this.#assembler.oldest < flushTo && (progress !== 'more' || ring.tail >= flushTo)
    return (isFlushed || (progress !== 'more' && now >= this.#openDueAt)) && this.#canSendOpen
  }

  get #openDueAt(): number {
    return (this.#assembler.open?.since ?? Infinity) + this.#parts.settings.scheduledDelayMillis
  }

  /** Whether the open batch is the next one, and could be sent. */
  get #canSendOpen(): boolean {
    const { open, waiting } = this.#assembler
    return open !== undefined && waiting.length === 0 && this.#canSend(open)
  }

  /** Whether a slot is free, and all that the batch holds may be sent. */
  #canSend(staged: StagedBatch): boolean {
    const { gate, adapter } = this.#parts
    return this.#inFlight.count < adapter.slotsFor(staged) && gate.isOpenFor(staged)
  }

  #sendWaiting(): void {
    const { waiting } = this.#assembler
    // The others wait behind the first: spans leave in the order in which they ended.
    for (let first = waiting[0]; first !== undefined && this.#canSend(first); first = waiting[0]) {
      waiting.shift()
      this.#inFlight.send(first, this.#parts.clock.now())
    }
  }
}
