// SPDX-License-Identifier: Apache-2.0
import type { ByteBudget } from './byte-budget.js'
import type { BatchEncoder } from './encode/batch-encoder.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, Deadline, SpanBatch } from './span-exporter.js'
import type { Transport } from './transport/transport.js'

/** What a batch counts for at least, in bytes: the smallest buffer under it. */
const MIN_HELD_BYTES = 16 * 1024

/**
 * A batch between encoder and transport. While it is being filled it holds what was set aside for it, then what it came
 * to, until its outcome is known.
 */
export class BufferedBatch implements SpanBatch {
  readonly #encoder: BatchEncoder
  readonly #transport: Transport
  readonly #budget: ByteBudget
  readonly #maxBytes: number
  #held: number
  #isOpen = true

  /** `reserved` bytes of the budget were set aside for it; `maxBytes` are what any batch may come to. */
  constructor(encoder: BatchEncoder, transport: Transport, budget: ByteBudget, reserved: number, maxBytes: number) {
    this.#encoder = encoder
    this.#transport = transport
    this.#budget = budget
    this.#maxBytes = maxBytes
    this.#held = reserved
  }

  get spanCount(): number {
    return this.#encoder.spanCount
  }

  get byteLength(): number {
    return this.#encoder.byteLength
  }

  add(span: ReadableSpan): 'added' | 'full' | 'rejected' {
    const verdict = this.#encoder.add(span)
    if (verdict !== 'full' || this.#encoder.spanCount > 0) return verdict
    // Opened while little room was left; there may be more now, and nobody would open another batch in place of this one.
    this.#held = this.#budget.widen(this.#held, this.#maxBytes)
    this.#encoder.widen(this.#held)
    return this.#encoder.add(span)
  }

  /**
   * Takes no more spans. A batch may wait long for its turn to be sent, and what it did not use must be there for others
   * meanwhile: half a dozen waiting batches would otherwise hold the whole budget between them.
   */
  close(): void {
    this.#encoder.close()
    this.#hold(this.#encoder.byteLength)
  }

  async send(deadline: Deadline): Promise<BatchOutcome> {
    const encoded = this.#encoder.finish()
    this.#hold(encoded.byteLength)
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

  #hold(bytes: number): void {
    const held = bytes === 0 ? 0 : Math.min(Math.max(bytes, MIN_HELD_BYTES), this.#held)
    if (this.#isOpen) this.#budget.fill(this.#held, held)
    else this.#budget.release(this.#held - held)
    this.#isOpen = false
    this.#held = held
  }
}
