// SPDX-License-Identifier: Apache-2.0
import { MAX_POLL_MILLIS, MIN_POLL_MILLIS, QUIET_LOOKS } from '../limits.js'

/** How fast spans arrive, and so how often an awake loop looks at the ring. */
export class ArrivalRate {
  readonly #wanted: number
  #pollMillis = MIN_POLL_MILLIS
  #quietLooks = 0
  #seenHead = 0
  #seenAt = 0

  /** It is looked often enough for a quarter of a batch to arrive in between. */
  constructor(maxExportBatchSize: number) {
    this.#wanted = maxExportBatchSize >> 2
  }

  /** When to look again, in milliseconds. */
  get pollMillis(): number {
    return this.#pollMillis
  }

  /** Whether several looks in a row have found nothing new. */
  get isQuiet(): boolean {
    return this.#quietLooks >= QUIET_LOOKS
  }

  /** A batch has filled while the loop slept. */
  begin(): void {
    this.#pollMillis = MIN_POLL_MILLIS
    this.#quietLooks = 0
  }

  /** `head` counts what has ever arrived. A look shortly after another one says nothing about a rate. */
  look(now: number, head: number): void {
    const elapsed = now - this.#seenAt
    if (elapsed < MIN_POLL_MILLIS) return
    const arrived = head - this.#seenHead
    this.#seenHead = head
    this.#seenAt = now
    this.#quietLooks = arrived > 0 ? 0 : this.#quietLooks + 1
    let millis = MAX_POLL_MILLIS
    while (millis > MIN_POLL_MILLIS && arrived * millis > this.#wanted * elapsed) millis /= 2
    this.#pollMillis = millis
  }
}
