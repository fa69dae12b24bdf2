// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './otlp/received-span.js'

/** The last `capacity` spans, in order of arrival. */
export class KeptSpans {
  readonly #capacity: number
  readonly #spans: ReceivedSpan[] = []
  /** The number of spans ever added. */
  #added = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#spans.length
  }

  add(span: ReceivedSpan): void {
    if (this.#capacity > 0) this.#spans[this.#added++ % this.#capacity] = span
  }

  toArray(): ReceivedSpan[] {
    const oldest = this.#added > this.#spans.length ? this.#added % this.#capacity : 0
    return [...this.#spans.slice(oldest), ...this.#spans.slice(0, oldest)]
  }
}
