// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { BackendChange } from '../transport/retry/backend.js'
import { callHook } from '../transport/transport-hooks.js'
import type { TransportHooks } from '../transport/transport-hooks.js'
import { relayWarning } from '../warn.js'
import type { BELL, BatchFailure, FromThread } from './messages.js'
import type { ThreadHandle } from './thread-handle.js'

/** Undefined stands for the application's thread, which sends after the export thread was given up. */
type Sender = ThreadHandle | undefined

/** Passes on what export threads say outside their slabs, so that hooks and warnings are called in the application's thread. */
export class ThreadReports {
  readonly #clock: Clock
  readonly #hooks: TransportHooks
  /** Failures of batches that the thread is about to give back, by the id of the batch. */
  readonly #failures = new Map<number, BatchFailure>()
  /** How many requests of the current thread were reported to the hooks. */
  #requestCount = 0
  /** Who was the last to say that the backend is down, and since when it has been; undefined while it is up. */
  #down: { readonly by: Sender; readonly since: number } | undefined

  constructor(clock: Clock, hooks: TransportHooks) {
    this.#clock = clock
    this.#hooks = hooks
  }

  /** Whether the thread has said that the backend is down. */
  get isDown(): boolean {
    return this.#down !== undefined
  }

  onMessage(thread: ThreadHandle, message: Exclude<FromThread, typeof BELL>): void {
    switch (message.type) {
      case 'failure':
        this.#failures.set(message.id, message)
        return
      case 'backend':
        this.#onBackendChange(thread, message.change)
        return
      case 'inherited':
        callHook(this.#hooks, 'onInherited', message.outcome)
        return
      case 'warning':
        relayWarning(message.text)
    }
  }

  /** Why spans of a batch failed. The thread has posted it before it gave the slab back. */
  takeFailure(thread: ThreadHandle, id: number): BatchFailure | undefined {
    if (!this.#failures.has(id)) thread.receiveNow()
    const failure = this.#failures.get(id)
    this.#failures.delete(id)
    return failure
  }

  /** The backend has accepted spans. A sender that has replaced another one does not know that the backend was down. */
  onExported(by: Sender): void {
    if (this.#down === undefined || this.#down.by === by) return
    const downMillis = this.#clock.now() - this.#down.since
    this.#down = undefined
    this.#report({ state: 'up', downMillis, failedAttempts: 0, failedSpans: 0 })
  }

  countRequests(thread: ThreadHandle): void {
    const count = thread.requestCount
    for (; this.#requestCount !== count; this.#requestCount = (this.#requestCount + 1) | 0) callHook(this.#hooks, 'onAttempt')
  }

  /** The hooks for the transport that takes the place of the thread. `onStart` was called before. */
  hooksOfLocal(): TransportHooks {
    return {
      onAttempt: () => callHook(this.#hooks, 'onAttempt'),
      onEnd: (finished) => {
        if (finished.exported > 0) this.onExported(undefined)
        callHook(this.#hooks, 'onEnd', finished)
      },
      onBackendChange: (change) => this.#onBackendChange(undefined, change),
      onInherited: (outcome) => callHook(this.#hooks, 'onInherited', outcome),
    }
  }

  /** What the dead thread has reported says nothing about the next one. */
  onDeath(): void {
    this.#requestCount = 0
    this.#failures.clear()
  }

  /** Each sender finds out for itself that the backend is down; the application is told once. */
  #onBackendChange(by: Sender, change: BackendChange): void {
    const before = this.#down
    this.#down = change.state === 'down' ? { by, since: before?.since ?? this.#clock.now() } : undefined
    if ((before === undefined) === (change.state === 'down')) this.#report(change)
  }

  #report(change: BackendChange): void {
    callHook(this.#hooks, 'onBackendChange', change)
  }
}
