// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './otlp/received-span.js'

/** The last `capacity` spans, in order of arrival. */
export class KeptSpans {
  readonly #capacity: number
  readonly #slots: ReceivedSpan[] = []
  #head = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#slots.length
  }

  add(span: ReceivedSpan): void {
    if (this.#capacity > 0) this.#slots[this.#head++ % this.#capacity] = span
  }

  toArray(): ReceivedSpan[] {
    const oldest = this.#head > this.#slots.length ? this.#head % this.#capacity : 0
    return [...this.#slots.slice(oldest), ...this.#slots.slice(0, oldest)]
  }
}
