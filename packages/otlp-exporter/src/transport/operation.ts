// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events'
import type { Bound } from '@spanring/core'

/** By when a batch is settled, and the two ways in which the caller hurries. */
export interface Deadline {
  /** On the scale of `performance.now()`, in milliseconds; Infinity without a limit. */
  readonly at: number
  /** Aborted when nobody waits for the outcome any more: everything is freed. */
  readonly signal: AbortSignal
  /** Aborted when the pipeline shuts down: a back-off ends now, and one last try is made. */
  readonly closing: AbortSignal
}

/** What of its time an export keeps for its last request, at most: in milliseconds, and as a share. */
const LAST_TRY = { millis: 100, share: 0.25 }

/**
 * One export from hand-over to outcome, and what ends it: its deadline, its caller, or the shutdown of the transport.
 * Signals of its own, so that one batch leaves no listener on a signal that outlives it.
 */
export class Operation implements Bound {
  readonly at: number
  /** After this no request is begun that would wait for the backend to come back: its deadline would cut it off. */
  readonly lastTryAt: number
  readonly #end = new AbortController()
  readonly #close = new AbortController()
  readonly #deadline: Deadline
  #endedBy: 'aborted' | 'shutdown' = 'aborted'

  /** `now` and `at` are when it begins and by when it is settled. */
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

  /** Aborted when everything is to be dropped; `endedBy` says why. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Aborted when a request that is not under way yet is the last one. */
  get closing(): AbortSignal {
    return this.#close.signal
  }

  get endedBy(): 'aborted' | 'shutdown' {
    return this.#endedBy
  }

  close(): void {
    this.#close.abort()
  }

  shutDown(): void {
    if (!this.#end.signal.aborted) this.#endedBy = 'shutdown'
    this.#end.abort()
  }

  finish(): void {
    this.#deadline.signal.removeEventListener('abort', this.#onSignal)
    this.#deadline.closing.removeEventListener('abort', this.#onClosing)
  }

  readonly #onSignal = (): void => this.#end.abort()
  readonly #onClosing = (): void => this.#close.abort()
}

/** One pipeline's batches share a signal; from the eleventh on Node.js would warn of a leak that is none. */
function allowManyListeners({ signal, closing }: Deadline): void {
  try {
    setMaxListeners(0, signal, closing)
  } catch {
    // Signals that are not of Node.js, as those of jsdom, have no such limit.
  }
}
