// SPDX-License-Identifier: Apache-2.0
import { MAX_POLL_MILLIS, MIN_POLL_MILLIS, QUIET_LOOKS } from '../limits.js'

/** How fast spans arrive, and so how often an awake loop looks at the ring. */
export class ArrivalRate {
  readonly #spansPerLook: number
  #pollMillis = MIN_POLL_MILLIS
  #quietLooks = 0
  #seenCount = 0
  #seenAt = 0

  /** The loop looks so often that a quarter of a batch arrives in between. */
  constructor(maxExportBatchSize: number) {
    this.#spansPerLook = maxExportBatchSize >> 2
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

  /** `admitted` is the number of spans that have ever arrived. A look shortly after the previous one does not measure a rate. */
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
