// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from '@spanring/core'
import type { ByteBudget } from './byte-budget.js'
import type { AddResult, BatchEncoder } from './encode/batch-encoder.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, SpanBatch } from './span-exporter.js'
import type { Transport } from './transport/transport.js'

/** How much more room than at the last try, as a factor, makes another try worthwhile: a try means encoding the span. */
const WORTH_A_TRY = 9 / 8

export interface BufferedBatchParts {
  readonly encoder: BatchEncoder
  readonly transport: Transport
  readonly budget: ByteBudget
  /** The part of the budget that was set aside for the batch, in bytes. */
  readonly reserved: number
  /** The largest size of any batch, in bytes. */
  readonly maxBytes: number
  /** Called when there is more room for a span that found too little. */
  readonly onRoom: () => void
  /** The batches of the exporter that are being filled; this one is among them until it is closed. */
  readonly open: Set<BufferedBatch>
}

/**
 * A batch of the exporter, from its opening to its outcome. It alone owns its share of the budget and the memory under its
 * spans:
 *
 * - open: the part of the budget that was set aside for it, and the buffer of the encoder;
 * - closed and being sent: the bytes of that buffer, shrunk to what the spans need;
 * - with its outcome, or discarded: nothing.
 *
 * The transport borrows the spans for the time of `send`; each request that it assembles from them is its own.
 */
export class BufferedBatch implements SpanBatch {
  readonly #encoder: BatchEncoder
  readonly #transport: Transport
  readonly #budget: ByteBudget
  readonly #maxBytes: number
  readonly #onRoom: () => void
  readonly #open: Set<BufferedBatch>
  /** Its share of the budget, in bytes. */
  #held: number
  #isOpen = true

  constructor({ encoder, transport, budget, reserved, maxBytes, onRoom, open }: BufferedBatchParts) {
    this.#encoder = encoder
    this.#transport = transport
    this.#budget = budget
    this.#maxBytes = maxBytes
    this.#onRoom = onRoom
    this.#held = reserved
    this.#open = open
    open.add(this)
  }

  get spanCount(): number {
    return this.#encoder.spanCount
  }

  get byteLength(): number {
    return this.#encoder.byteLength
  }

  add(span: ReadableSpan): AddResult {
    const result = this.#encoder.add(span)
    if (result === 'added' || this.#encoder.spanCount > 0 || !this.#isOpen) return result
    if (result === 'full') return this.#addToEmpty(span)
    this.#budget.stopWaiting(this.#onRoom)
    return this.#stayEmpty(result)
  }

  /** The caller opens no other batch in place of an empty one, so this takes what a new one would get, then all that is left. */
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
   * A batch without spans may stay open for long. It holds neither memory nor budget meanwhile: two such batches would
   * wait for each other.
   */
  #stayEmpty(result: AddResult): AddResult {
    this.#encoder.releaseIfEmpty()
    this.#budget.hold(this.#held, 0)
    this.#held = 0
    this.#encoder.limit = 0
    return result
  }

  /**
   * Ends filling: `add` returns `'full'` from now on. The batch gives back the part of its budget and of its memory that it
   * did not use; an empty one gives back everything, and no longer waits for room. Without this, half a dozen batches that
   * wait to be sent would hold the whole budget. Further calls do nothing.
   */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#open.delete(this)
    this.#encoder.close()
    const isEmpty = this.#encoder.spanCount === 0
    if (isEmpty) this.#budget.stopWaiting(this.#onRoom)
    // The encoder may go a little past its limit, and so past what was set aside.
    const kept = isEmpty ? 0 : Math.min(this.#encoder.capacity, this.#held)
    this.#budget.hold(this.#held, kept)
    this.#held = kept
  }

  /** Closes the batch if nobody did, and sends it. Once the outcome is known the batch holds nothing. */
  async send(deadline: Deadline): Promise<BatchOutcome> {
    this.close()
    const encoded = this.#encoder.finish()
    const outcome = await this.#transport.sendBatch(encoded, deadline)
    encoded.release()
    this.#releaseBudget()
    return outcome
  }

  /** Closes the batch and gives everything back without sending. */
  discard(): void {
    this.close()
    this.#encoder.finish().release()
    this.#releaseBudget()
  }

  #releaseBudget(): void {
    this.#budget.release(this.#held)
    this.#held = 0
  }
}
