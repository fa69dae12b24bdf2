// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events'
import type { Bound } from '@spanring/core'
import type { SendDeadline } from '../span-batch.js'

/** The time that an operation reserves for its last request: in milliseconds, but at most this share of its time. */
const LAST_TRY = { millis: 100, share: 0.25 }

let nextOrder = 0

/**
 * The sending of one batch, from hand-over to outcome. Its deadline, its caller or the shutdown of the transport may end it.
 * It has signals of its own, so that no listener of a batch is left on a signal that outlives the batch.
 */
export class Operation implements Bound {
  /** What comes of spans that are stored is told to this one; undefined if they must not be stored. */
  readonly deadline: SendDeadline
  /** Whether it sends a request that was stored. No deadline runs against that before it is sent. */
  readonly isStored: boolean
  #at: number
  #lastTryAt: number
  /** Grows from operation to operation. */
  readonly order: number = nextOrder++
  readonly #end = new AbortController()
  readonly #closing = new AbortController()
  #endedBy: 'aborted' | 'shutdown' = 'aborted'

  /** The operation begins at `now` and must be settled by `at`. */
  constructor(now: number, at: number, deadline: SendDeadline, isStored: boolean = false) {
    this.deadline = deadline
    this.isStored = isStored
    this.#at = at
    this.#lastTryAt = lastTryAt(now, at)
    allowManyListeners(deadline)
    if (deadline.signal.aborted) this.#onSignal()
    else deadline.signal.addEventListener('abort', this.#onSignal)
    if (deadline.closing.aborted) this.#onClosing()
    else deadline.closing.addEventListener('abort', this.#onClosing)
  }

  /** Whether its spans may wait for the backend beyond its deadline. */
  get mayStore(): boolean {
    return this.isStored || this.deadline.onStoredOutcome !== undefined
  }

  get at(): number {
    return this.#at
  }

  /** After this time no request is sent to a backend that is down, because the deadline would cut it off. */
  get lastTryAt(): number {
    return this.#lastTryAt
  }

  /** Sets its deadline, when the wait for the backend is over. */
  begin(now: number, at: number): void {
    this.#at = at
    this.#lastTryAt = lastTryAt(now, at)
  }

  /** Aborted when the operation must end at once; `endedBy` is the reason. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Aborted when the next request is the last one and must not wait for a back-off. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get endedBy(): 'aborted' | 'shutdown' {
    return this.#endedBy
  }

  /** Ends any back-off now. One last request follows. */
  endBackOff(): void {
    this.#closing.abort()
  }

  /** Ends the operation without an answer of the backend, because the transport shuts down. */
  abandon(): void {
    if (!this.#end.signal.aborted) this.#endedBy = 'shutdown'
    this.#end.abort()
  }

  /** Removes the listeners from the signals of the caller. */
  detach(): void {
    this.deadline.signal.removeEventListener('abort', this.#onSignal)
    this.deadline.closing.removeEventListener('abort', this.#onClosing)
  }

  readonly #onSignal = (): void => this.#end.abort()
  readonly #onClosing = (): void => this.#closing.abort()
}

function lastTryAt(now: number, at: number): number {
  return at - Math.min(LAST_TRY.millis, (at - now) * LAST_TRY.share)
}

/** All batches of a pipeline share a signal. Node.js would warn about a leak from the eleventh listener on. */
function allowManyListeners({ signal, closing }: SendDeadline): void {
  try {
    setMaxListeners(0, signal, closing)
  } catch {
    // Signals of other platforms, such as jsdom, have no such limit.
  }
}
