// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from '@spanring/core'
import type { ByteBudget } from './byte-budget.js'
import type { AddResult, BatchEncoder } from './encode/batch-encoder.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, SettledStored, SpanBatch } from './span-batch.js'
import { StoredShare } from './stored-share.js'
import type { BatchTransport } from './batch-transport.js'

/** By what factor the room must have grown to make another try worthwhile: each try encodes the span again. */
const WORTH_A_TRY = 9 / 8

export interface BufferedBatchParts {
  readonly encoder: BatchEncoder
  readonly transport: BatchTransport
  readonly budget: ByteBudget
  /** The bytes of the budget that are reserved for the batch. */
  readonly reserved: number
  /** The largest size of any batch, in bytes. */
  readonly maxBytes: number
  /** Called when there is more room for a span that did not fit. */
  readonly onRoom: () => void
  /** Told what has become of stored spans. */
  readonly onStored: (outcome: SettledStored) => void
  /** The batches of the exporter that are being filled; this one is among them until it is closed. */
  readonly open: Set<BufferedBatch>
}

/**
 * A batch of the exporter, from its opening to its outcome. It is the only owner of its share of the budget and of the memory
 * that holds its spans:
 *
 * - open: the bytes that are reserved for it, and the buffer of the encoder;
 * - closed or being sent: the bytes of that buffer, shrunk to what the spans need;
 * - settled or discarded: nothing.
 *
 * The transport borrows the spans during `send`. It owns each request that it assembles from them.
 */
export class BufferedBatch implements SpanBatch {
  readonly #encoder: BatchEncoder
  readonly #transport: BatchTransport
  readonly #budget: ByteBudget
  readonly #maxBytes: number
  readonly #onRoom: () => void
  readonly #onStored: (outcome: SettledStored) => void
  readonly #open: Set<BufferedBatch>
  /** Its share of the budget, in bytes. */
  #held: number
  #isOpen = true
  /** A getter of the span may call the exporter while the span is being encoded. */
  #isAdding = false

  constructor({ encoder, transport, budget, reserved, maxBytes, onRoom, onStored, open }: BufferedBatchParts) {
    this.#encoder = encoder
    this.#transport = transport
    this.#budget = budget
    this.#maxBytes = maxBytes
    this.#onRoom = onRoom
    this.#held = reserved
    this.#onStored = onStored
    this.#open = open
    open.add(this)
  }

  get spanCount(): number {
    return this.#encoder.spanCount
  }

  get byteLength(): number {
    return this.#encoder.byteLength
  }

  /** Whether a span is being added. Its getters may call the exporter. */
  get isAdding(): boolean {
    return this.#isAdding
  }

  /** Whether the exporter may close the batch to get memory back: it holds spans, and its buffer is not being written to. */
  get isReclaimable(): boolean {
    return this.#encoder.spanCount > 0 && !this.#isAdding
  }

  add(span: ReadableSpan): AddResult {
    this.#isAdding = true
    const result = this.#encoder.add(span)
    this.#isAdding = false
    if (result === 'added' || this.#encoder.spanCount > 0 || !this.#isOpen) return result
    if (result === 'full') return this.#addToEmpty(span)
    this.#budget.stopWaiting(this.#onRoom)
    return this.#stayEmpty(result)
  }

  /**
   * The caller does not replace an empty batch with a new one. So this batch first takes as much of the budget as a new one
   * would get, and then all that is left.
   */
  #addToEmpty(span: ReadableSpan): AddResult {
    let result = this.#addWithin(this.#budget.widen(this.#held, this.#maxBytes, this.#onRoom), span)
    if (result === 'full') result = this.#addWithin(this.#budget.widenToAll(this.#held, this.#maxBytes, this.#onRoom), span)
    const room = Math.max(this.#encoder.neededBytes, Math.ceil(this.#held * WORTH_A_TRY))
    if (result === 'full') this.#budget.wait(room, this.#onRoom)
    else this.#budget.stopWaiting(this.#onRoom)
    return result === 'added' ? result : this.#stayEmpty(result)
  }

  #addWithin(bytes: number, span: ReadableSpan): AddResult {
    this.#held = bytes
    this.#encoder.limit = bytes
    return this.#encoder.add(span)
  }

  /**
   * A batch without spans may stay open for a long time. It holds neither memory nor budget meanwhile, because two such
   * batches would wait for each other.
   */
  #stayEmpty(result: AddResult): AddResult {
    this.#encoder.releaseIfEmpty()
    this.#budget.hold(this.#held, 0)
    this.#held = 0
    this.#encoder.limit = 0
    return result
  }

  /**
   * Ends filling: `add` returns `'full'` from now on. The batch gives back the budget and the memory that it did not use. An
   * empty batch gives back everything, and no longer waits for room. Without this, half a dozen batches that wait to be sent
   * would hold the whole budget. Further calls do nothing.
   */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#open.delete(this)
    this.#encoder.close()
    const isEmpty = this.#encoder.spanCount === 0
    if (isEmpty) this.#budget.stopWaiting(this.#onRoom)
    // The encoder may exceed its limit a little, and so exceed the reserved bytes.
    const kept = isEmpty ? 0 : Math.min(this.#encoder.capacity, this.#held)
    this.#budget.hold(this.#held, kept)
    this.#held = kept
  }

  /**
   * Closes the batch if it is still open, and sends it. Once the outcome is known, the batch holds nothing; spans that are stored
   * hold what the outcome says, until they are settled.
   */
  async send(deadline: Deadline): Promise<BatchOutcome> {
    this.close()
    const { onStoredOutcome } = deadline
    const encoded = this.#encoder.finish()
    const stored = onStoredOutcome && new StoredShare(this.#budget, this.#onStored, onStoredOutcome)
    // In the `exit` event of a process, what comes after the `await` never runs.
    const onOutcome = (outcome: BatchOutcome): void => {
      const { storedBytes = 0 } = outcome
      // The budget is freed with the memory: the export thread may still be using it.
      encoded.release(() => this.#releaseBudget(storedBytes))
      deadline.onOutcome?.(outcome)
      if (storedBytes > 0) stored?.begin()
    }
    const outcome = await this.#transport.sendBatch(encoded, { ...deadline, onOutcome, onStoredOutcome: stored?.settle })
    onOutcome(outcome)
    return outcome
  }

  /** Closes the batch and gives everything back without sending. */
  discard(): void {
    this.close()
    this.#encoder.finish().release(() => this.#releaseBudget(0))
  }

  /** Gives its share back, except for what its stored spans hold. That may be more: their requests repeat resource and scope. */
  #releaseBudget(storedBytes: number): void {
    this.#budget.release(this.#held - storedBytes)
    this.#held = 0
  }
}
