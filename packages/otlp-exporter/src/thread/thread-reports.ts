// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { BackendChange } from '../transport/retry/backend.js'
import { callHook } from '../transport/transport-hooks.js'
import type { TransportHooks } from '../transport/transport-hooks.js'
import { relayWarning } from '../warn.js'
import type { BELL, BatchFailure, FromThread } from './messages.js'
import type { ThreadHandle } from './thread-handle.js'

/** Passes on what export threads say beside their slabs, so that hooks and warnings are called in the application's thread. */
export class ThreadReports {
  readonly #clock: Clock
  readonly #hooks: TransportHooks
  readonly #onClosed: () => void
  /** What the thread has said about batches that it gives back next, by the id of the batch. */
  readonly #failures = new Map<number, BatchFailure>()
  /** How many requests of the present thread were reported. */
  #requestCount = 0
  /** Which thread has said that the backend is down, and when; undefined while it is up. */
  #down: { readonly by: ThreadHandle; readonly since: number } | undefined

  constructor(clock: Clock, hooks: TransportHooks, onClosed: () => void) {
    this.#clock = clock
    this.#hooks = hooks
    this.#onClosed = onClosed
  }

  onMessage(thread: ThreadHandle, message: Exclude<FromThread, typeof BELL>): void {
    switch (message.type) {
      case 'failure':
        this.#failures.set(message.id, message)
        return
      case 'backend':
        this.#down = message.change.state === 'down' ? { by: thread, since: this.#clock.now() } : undefined
        this.#report(message.change)
        return
      case 'warning':
        relayWarning(message.text)
        return
      case 'closed':
        this.#onClosed()
    }
  }

  /** Why spans of a batch failed. The thread has posted it before it gave the slab back. */
  takeFailure(thread: ThreadHandle, id: number): BatchFailure | undefined {
    if (!this.#failures.has(id)) thread.receiveNow()
    const failure = this.#failures.get(id)
    this.#failures.delete(id)
    return failure
  }

  /** The backend has accepted spans. A thread that replaces another one does not know that it was down. */
  onExported(thread: ThreadHandle): void {
    if (this.#down === undefined || this.#down.by === thread) return
    const downMillis = this.#clock.now() - this.#down.since
    this.#down = undefined
    this.#report({ state: 'up', downMillis, failedAttempts: 0, failedSpans: 0 })
  }

  countRequests(thread: ThreadHandle): void {
    const count = thread.requestCount
    for (; this.#requestCount !== count; this.#requestCount = (this.#requestCount + 1) | 0) callHook(this.#hooks, 'onAttempt')
  }

  /** The next thread begins with nothing said. */
  onDeath(): void {
    this.#requestCount = 0
    this.#failures.clear()
  }

  #report(change: BackendChange): void {
    callHook(this.#hooks, 'onBackendChange', change)
  }
}
