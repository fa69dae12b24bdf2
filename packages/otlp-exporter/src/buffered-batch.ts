// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from '@spanring/core'
import type { ByteBudget } from './byte-budget.js'
import type { AddOutcome, BatchEncoder } from './encode/batch-encoder.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, SpanBatch } from './span-exporter.js'
import type { Transport } from './transport/transport.js'

/** How much more than at the last try must be left before a span is tried again: to try means to encode it. */
const WORTH_A_TRY = 9 / 8

export interface BufferedBatchParts {
  readonly encoder: BatchEncoder
  readonly transport: Transport
  readonly budget: ByteBudget
  /** What was set aside of the budget for it, and what any batch may come to, in bytes. */
  readonly reserved: number
  readonly maxBytes: number
  /** Called when there is more room for a span that found too little. */
  readonly onRoom: () => void
}

/**
 * A batch between encoder and transport. While it is being filled it holds what was set aside for it, then the memory
 * under it, until its outcome is known.
 */
export class BufferedBatch implements SpanBatch {
  readonly #encoder: BatchEncoder
  readonly #transport: Transport
  readonly #budget: ByteBudget
  readonly #maxBytes: number
  readonly #onRoom: () => void
  #held: number
  #isOpen = true

  constructor({ encoder, transport, budget, reserved, maxBytes, onRoom }: BufferedBatchParts) {
    this.#encoder = encoder
    this.#transport = transport
    this.#budget = budget
    this.#maxBytes = maxBytes
    this.#onRoom = onRoom
    this.#held = reserved
  }

  get spanCount(): number {
    return this.#encoder.spanCount
  }

  get byteLength(): number {
    return this.#encoder.byteLength
  }

  add(span: ReadableSpan): AddOutcome {
    const result = this.#encoder.add(span)
    if (result === 'added' || this.#encoder.spanCount > 0 || !this.#isOpen) return result
    if (result === 'full') return this.#addToEmpty(span)
    this.#budget.stopWaiting(this.#onRoom)
    return this.#stayEmpty(result)
  }

  /** Nobody would open another batch in place of this one, so it takes what is left, and all of it if need be. */
  #addToEmpty(span: ReadableSpan): AddOutcome {
    let result = this.#addWithin(this.#budget.widen(this.#held, this.#maxBytes, this.#onRoom), span)
    if (result === 'full') result = this.#addWithin(this.#budget.widenToAll(this.#held, this.#maxBytes, this.#onRoom), span)
    const room = Math.max(this.#encoder.neededBytes, Math.ceil(this.#held * WORTH_A_TRY))
    if (result === 'full') this.#budget.wait(room, this.#onRoom)
    else this.#budget.stopWaiting(this.#onRoom)
    return result === 'added' ? result : this.#stayEmpty(result)
  }

  #addWithin(bytes: number, span: ReadableSpan): AddOutcome {
    this.#held = bytes
    this.#encoder.limit = bytes
    return this.#encoder.add(span)
  }

  /** Without a span it may stay open for long, and holds nothing meanwhile, neither memory nor budget: two such batches would wait for one another. */
  #stayEmpty(result: AddOutcome): AddOutcome {
    this.#encoder.releaseIfEmpty()
    this.#budget.hold(this.#held, 0)
    this.#held = 0
    this.#encoder.limit = 0
    return result
  }

  /**
   * Takes no more spans. A batch may wait long for its turn to be sent, and what it did not use must be there for others
   * meanwhile: half a dozen waiting batches would otherwise hold the whole budget between them.
   */
  close(): void {
    this.#encoder.close()
    this.#hold(this.#encoder.spanCount === 0 ? 0 : this.#encoder.capacity)
  }

  async send(deadline: Deadline): Promise<BatchOutcome> {
    this.close()
    const encoded = this.#encoder.finish()
    const outcome = await this.#transport.sendBatch(encoded, deadline)
    encoded.release()
    this.#hold(0)
    return outcome as BatchOutcome
  }

  /** Gives everything back without sending. */
  discard(): void {
    this.#encoder.finish().release()
    this.#hold(0)
  }

  /** The writer may go a little past its limit, and past what was set aside. */
  #hold(capacity: number): void {
    const held = Math.min(capacity, this.#held)
    if (this.#isOpen) {
      if (this.#encoder.spanCount === 0) this.#budget.stopWaiting(this.#onRoom)
      this.#budget.hold(this.#held, held)
    } else this.#budget.release(this.#held - held)
    this.#isOpen = false
    this.#held = held
  }
}
