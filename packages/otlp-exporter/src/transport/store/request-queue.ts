// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '@spanring/core'
import type { StoredRequest } from './stored-request.js'

/** The requests that wait in memory, oldest first. Each waits for a limited time. */
export class RequestQueue {
  readonly #clock: Clock
  readonly #maxMillis: number
  readonly #isSpooled: boolean
  readonly #onExpired: (request: StoredRequest) => void
  /** In the order in which their batches were handed over. */
  readonly #requests: StoredRequest[] = []
  #timer: Timer | undefined

  /** With `isSpooled`, what is not written yet does not expire: it soon waits on disk, where its time is another one. */
  constructor(clock: Clock, maxMillis: number, isSpooled: boolean, onExpired: (request: StoredRequest) => void) {
    this.#clock = clock
    this.#maxMillis = maxMillis
    this.#isSpooled = isSpooled
    this.#onExpired = onExpired
  }

  /** The oldest request that nobody has taken, and that is to be sent. */
  get oldest(): StoredRequest | undefined {
    return this.#requests.find(({ isTaken, lastFailure }) => !isTaken && lastFailure === undefined)
  }

  add(request: StoredRequest): void {
    let at = this.#requests.length
    while (at > 0 && this.#requests[at - 1]!.order > request.order) at--
    this.#requests.splice(at, 0, request)
    this.#startTimer()
  }

  delete(request: StoredRequest): void {
    const index = this.#requests.indexOf(request)
    if (index !== -1) this.#requests.splice(index, 1)
    if (this.#requests.length === 0) this.#stopTimer()
  }

  filter(isMeant: (request: StoredRequest) => boolean): StoredRequest[] {
    return this.#requests.filter(isMeant)
  }

  /** Reports the requests that have waited for too long, but for those that are being sent, or on their way to disk. */
  expire(): void {
    const since = this.#clock.now() - this.#maxMillis
    const isExpired = (request: StoredRequest): boolean =>
      request.storedAt <= since && !request.isTaken && !request.isInDivided && !(this.#isSpooled && request.isUnready)
    for (const request of this.filter(isExpired)) this.#onExpired(request)
  }

  #startTimer(): void {
    const [oldest] = this.#requests
    if (this.#timer !== undefined || oldest === undefined || this.#maxMillis === Infinity) return
    const millis = Math.max(oldest.storedAt + this.#maxMillis - this.#clock.now(), MIN_TIMER_MILLIS)
    this.#timer = this.#clock.startTimer(() => {
      this.#timer = undefined
      this.expire()
      this.#startTimer()
    }, millis)
  }

  #stopTimer(): void {
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
  }
}

/** A request that is being sent does not expire, and is looked at again after this time, in milliseconds. */
const MIN_TIMER_MILLIS = 100
