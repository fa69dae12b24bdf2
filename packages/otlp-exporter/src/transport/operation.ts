// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events'
import type { Bound, Deadline } from '@spanring/core'

/** The time that an operation keeps for its last request: so many milliseconds, but no more than this share of its time. */
const LAST_TRY = { millis: 100, share: 0.25 }

/**
 * The sending of one batch, from hand-over to outcome, and what ends it: its deadline, its caller, or the shutdown of the
 * transport. It has signals of its own, so that no listener of a batch is left on a signal that outlives it.
 */
export class Operation implements Bound {
  readonly at: number
  /** After this time no request begins that would wait for the backend to come back: the deadline would cut it off. */
  readonly lastTryAt: number
  readonly #end = new AbortController()
  readonly #close = new AbortController()
  readonly #deadline: Deadline
  #endedBy: 'aborted' | 'shutdown' = 'aborted'

  /** `now` is when it begins, `at` by when it must be settled. */
  constructor(now: number, at: number, deadline: Deadline) {
    this.at = at
    this.lastTryAt = at - Math.min(LAST_TRY.millis, (at - now) * LAST_TRY.share)
    this.#deadline = deadline
    allowManyListeners(deadline)
    if (deadline.signal.aborted) this.#onSignal()
    else deadline.signal.addEventListener('abort', this.#onSignal)
    if (deadline.closing.aborted) this.#onClosing()
    else deadline.closing.addEventListener('abort', this.#onClosing)
  }

  /** Aborted when everything must be dropped; `endedBy` is the reason. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Aborted when the next request is the last one: a back-off ends now. */
  get closing(): AbortSignal {
    return this.#close.signal
  }

  get endedBy(): 'aborted' | 'shutdown' {
    return this.#endedBy
  }

  /** Ends a back-off now; one last request follows. */
  close(): void {
    this.#close.abort()
  }

  /** Ends it without an outcome from the backend, because the transport shuts down. */
  abandon(): void {
    if (!this.#end.signal.aborted) this.#endedBy = 'shutdown'
    this.#end.abort()
  }

  /** Removes the listeners from the signals of the caller. */
  detach(): void {
    this.#deadline.signal.removeEventListener('abort', this.#onSignal)
    this.#deadline.closing.removeEventListener('abort', this.#onClosing)
  }

  readonly #onSignal = (): void => this.#end.abort()
  readonly #onClosing = (): void => this.#close.abort()
}

/** All batches of a pipeline share a signal. From the eleventh listener on Node.js would warn of a leak. */
function allowManyListeners({ signal, closing }: Deadline): void {
  try {
    setMaxListeners(0, signal, closing)
  } catch {
    // Signals that are not of Node.js, such as those of jsdom, have no such limit.
  }
}
