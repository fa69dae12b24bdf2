// SPDX-License-Identifier: Apache-2.0
import type { TransportSettings } from '../transport/transport-settings.js'

/** How many batches wait in the thread for each connection at most, beside the one that is being sent on it. */
const MOST_PER_CONNECTION = 2
/**
 * The share of a batch's time limit in which the batches of a connection must be answered, one after the other. A backend that
 * becomes slower by less than half of it loses none of those that have crossed.
 */
const SHARE_OF_LIMIT = 0.5
/** How many answers are remembered. The slowest of them counts. */
const REMEMBERED_ANSWERS = 32
/** A backend that has not settled a batch for this long, in milliseconds, may be in an outage. */
const PROMPT_MILLIS = 500

/**
 * Decides how many batches more than there are connections may cross to the export thread, which then sends them even while the
 * application's thread is busy.
 *
 * A batch has no deadline while it waits in the processor; in the thread it runs against one. So none crosses that the backend
 * may not answer in time: none before the first answer, fewer the longer answers take, and none in an outage. None either if a
 * function of the application makes the headers of each batch: it would be called for all of them at once.
 */
export class ExtraBatches {
  readonly #settings: TransportSettings
  /** How long the latest batches took from their first request to their outcome, in milliseconds; a ring. */
  readonly #answers = new Float64Array(REMEMBERED_ANSWERS)
  #answerCount = 0
  #slowestMillis = Infinity
  #limitMillis = Infinity

  constructor(settings: TransportSettings) {
    this.#settings = settings
  }

  /** A batch is sent, which has so much time. */
  onSend(limitMillis: number): void {
    this.#limitMillis = limitMillis
  }

  /** The thread has given a batch back, so long after its first request. */
  onEnd(millis: number, isDelivered: boolean): void {
    // A quick refusal says nothing about how long an answer takes. One that was waited for in vain does.
    if (!isDelivered && millis < this.#slowestMillis) return
    this.#answers[this.#answerCount++ % REMEMBERED_ANSWERS] = millis
    this.#slowestMillis = Math.max(...this.#answers)
  }

  /** `oldestMillis` says how long the oldest batch in the thread has been without an outcome; 0 if there is none. */
  count(isDown: boolean, oldestMillis: number): number {
    const { headersFunction, concurrencyLimit } = this.#settings
    const millis = this.#limitMillis * SHARE_OF_LIMIT
    if (isDown || headersFunction !== undefined || oldestMillis >= Math.min(PROMPT_MILLIS, millis)) return 0
    let perConnection = 0
    // With one more, the connection would have that one, those before it, and the one that is being sent on it.
    while (perConnection < MOST_PER_CONNECTION && (perConnection + 2) * this.#slowestMillis < millis) perConnection++
    return perConnection * concurrencyLimit
  }
}
