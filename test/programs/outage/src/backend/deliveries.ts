// SPDX-License-Identifier: Apache-2.0
import { readSpans } from './read-spans.js'

/**
 * What has become of each span, by its number, in columns: millions of them are nine bytes each. Times are in milliseconds
 * since `epoch`, and 0 where nothing has arrived.
 */
export class Deliveries {
  readonly endedAt: Uint32Array
  readonly acceptedAt: Uint32Array
  /** How often it was accepted after the first time. */
  readonly again: Uint8Array
  /** The time of day, in milliseconds. */
  readonly epoch: number = Date.now() - 60_000
  delivered = 0
  /** Requests with a span that had been accepted before. */
  requestsAgain = 0

  constructor(capacity: number) {
    this.endedAt = new Uint32Array(capacity)
    this.acceptedAt = new Uint32Array(capacity)
    this.again = new Uint8Array(capacity)
  }

  accept(body: Uint8Array): void {
    const now = this.since(Date.now())
    let isAgain = false
    readSpans(body, (index, endedAt) => {
      if (index >= this.acceptedAt.length) throw new RangeError(`span ${index} is more than the application can have ended`)
      if (this.acceptedAt[index] === 0) {
        this.acceptedAt[index] = now
        this.endedAt[index] = this.since(endedAt)
        this.delivered++
      } else {
        this.again[index]!++
        isAgain = true
      }
    })
    if (isAgain) this.requestsAgain++
  }

  /** In the unit of the columns. */
  since(timeOfDay: number): number {
    return Math.max(1, Math.round(timeOfDay - this.epoch))
  }
}
