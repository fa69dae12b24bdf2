// SPDX-License-Identifier: Apache-2.0
import { MAX_POLL_MILLIS, MIN_POLL_MILLIS, QUIET_LOOKS } from '../limits.js'

/** Measures how fast spans arrive, to decide how often an awake loop looks at the ring. */
export class ArrivalRate {
  readonly #spansPerLook: number
  #pollMillis = MIN_POLL_MILLIS
  #quietLooks = 0
  #seenCount = 0
  #seenAt = 0

  /** The interval is chosen so that a quarter of a batch arrives between two looks. */
  constructor(maxExportBatchSize: number) {
    this.#spansPerLook = maxExportBatchSize >> 2
  }

  /** The time until the next look, in milliseconds. */
  get pollMillis(): number {
    return this.#pollMillis
  }

  /** Whether several looks in a row have found nothing new. */
  get isQuiet(): boolean {
    return this.#quietLooks >= QUIET_LOOKS
  }

  /** Call this when the loop wakes up because a batch is full. */
  begin(): void {
    this.#pollMillis = MIN_POLL_MILLIS
    this.#quietLooks = 0
  }

  /** Records a look. `admitted` counts all spans so far. A look too soon after the previous one is ignored. */
  look(now: number, admitted: number): void {
    const elapsed = now - this.#seenAt
    if (elapsed < MIN_POLL_MILLIS) return
    const arrived = admitted - this.#seenCount
    this.#seenCount = admitted
    this.#seenAt = now
    this.#quietLooks = arrived > 0 ? 0 : this.#quietLooks + 1
    let millis = MAX_POLL_MILLIS
    while (millis > MIN_POLL_MILLIS && arrived * millis > this.#spansPerLook * elapsed) millis /= 2
    this.#pollMillis = millis
  }
}
