// SPDX-License-Identifier: Apache-2.0
import type { ByteBudget } from './byte-budget.js'
import type { BatchEncoder } from './encode/batch-encoder.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, Deadline, SpanBatch } from './span-exporter.js'
import type { Transport } from './transport/transport.js'

/** A batch between encoder and transport: holds its share of the budget until its outcome is known. */
export class BufferedBatch implements SpanBatch {
  readonly #encoder: BatchEncoder
  readonly #transport: Transport
  readonly #budget: ByteBudget
  readonly #reserved: number

  constructor(encoder: BatchEncoder, transport: Transport, budget: ByteBudget, reserved: number) {
    this.#encoder = encoder
    this.#transport = transport
    this.#budget = budget
    this.#reserved = reserved
  }

  get spanCount(): number {
    return this.#encoder.spanCount
  }

  get byteLength(): number {
    return this.#encoder.byteLength
  }

  add(span: ReadableSpan): 'added' | 'full' | 'rejected' {
    return this.#encoder.add(span)
  }

  async send(deadline: Deadline): Promise<BatchOutcome> {
    const encoded = this.#encoder.finish()
    const held = Math.min(encoded.byteLength, this.#reserved)
    this.#budget.release(this.#reserved - held)
    const outcome = await this.#transport.sendBatch(encoded, deadline)
    encoded.release()
    this.#budget.release(held)
    return outcome as BatchOutcome
  }

  /** Gives everything back without sending. */
  discard(): void {
    this.#encoder.finish().release()
    this.#budget.release(this.#reserved)
  }
}
