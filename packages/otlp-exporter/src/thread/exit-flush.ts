// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { Clock } from '@spanring/core'
import { type ExitTask, atExit } from './process-exit.js'

/** What tests can replace. */
export interface ExitInternals {
  readonly clock?: Pick<Clock, 'now'>
  readonly atExit?: (task: ExitTask) => () => void
}

/** How often to check whether the thread is ready, in milliseconds. */
const START_POLL_MILLIS = 5
/** How long the disk may take at the end, in milliseconds. */
const KEEP_MILLIS = 250

/** What can still be done with spans in the `exit` event of a process. */
export interface ExitSender {
  /** Whether a process that has nothing else to do has to wait. */
  readonly isSending: boolean
  /** Whether spans wait for a thread that is still starting. */
  readonly isStarting: boolean
  /** Hands over what waits, and asks for last attempts. */
  beginExit(): void
  /** Blocks until something is done, for at most `millis`. False if there is nothing left to do, or if the time ran out. */
  waitSync(millis: number): boolean
  /** At the end: asks for what has no outcome to be put on disk. Returns whether there is any, and a disk. */
  keepNow?(): boolean
  /** At the end: batches for which there are no headers have failed. Returns whether there were any. */
  failWithoutHeaders?(): boolean
}

/**
 * In the `exit` event of the process, sends what is queued, or puts it on disk. Promises and timers no longer run there, but
 * other threads do. Blocks until every batch has its outcome, for at most `exitFlushMillis`, and with a spool for a quarter of a
 * second more, in which the disk takes what has none. If the thread is only starting, that time begins when it is
 * ready, because on a busy machine the start alone may take as long; the wait for it has the same limit.
 */
export class ExitFlush implements ExitTask {
  readonly #sender: ExitSender
  readonly #millis: number
  readonly #clock: Pick<Clock, 'now'>
  readonly #atExit: (task: ExitTask) => () => void
  /** Each makes a processor hand over what it has queued, as far as slots and memory allow. */
  readonly #drains = new Set<() => void>()
  /** When to stop waiting. Undefined before the `exit` event. */
  #at: number | undefined
  #cancel: (() => void) | undefined

  constructor(sender: ExitSender, exitFlushMillis: number, internals: ExitInternals = {}) {
    this.#sender = sender
    this.#millis = exitFlushMillis
    this.#clock = internals.clock ?? systemClock
    this.#atExit = internals.atExit ?? atExit
  }

  add(drain: () => void): void {
    this.#drains.add(drain)
  }

  /** Takes part in the end of the process from now on. An exporter that nobody uses does not, so it can be collected. */
  register(): void {
    this.#cancel ??= this.#atExit(this)
  }

  /** Whether a process that has nothing else to do has to wait. */
  get isBusy(): boolean {
    return this.#sender.isSending
  }

  begin(): void {
    // Spans that end later in the same event get no time of their own.
    this.#at ??= this.#clock.now() + this.#millis
    this.#sender.beginExit()
    this.#drain()
  }

  finish(): void {
    if (this.#at === undefined) return
    const at = (this.#at += this.#waitForStart(this.#at))
    this.#wait(at)
    this.#keep()
    while (this.#failWithoutHeaders()) this.#wait(at)
  }

  #keep(): void {
    if (!this.#sender.keepNow?.()) return
    let at = this.#clock.now() + KEEP_MILLIS
    // What waits for headers was not handed over before, and nobody has waited for the thread.
    at += this.#waitForStart(at + this.#millis)
    do this.#wait(at)
    while (this.#clock.now() < at && this.#sender.keepNow())
  }

  #wait(at: number): void {
    // Each outcome makes room for more batches.
    while (this.#sender.waitSync(at - this.#clock.now())) this.#drain()
  }

  /** For an exporter that was shut down: it has nothing left to send. */
  close(): void {
    this.#cancel?.()
    this.#drains.clear()
  }

  /** Returns how long the thread took to be ready, in milliseconds; 0 if it was not ready by `at`. */
  #waitForStart(at: number): number {
    const startedAt = this.#clock.now()
    while (this.#sender.isStarting) {
      if (this.#clock.now() >= at) return 0
      this.#sender.waitSync(START_POLL_MILLIS)
    }
    return this.#clock.now() - startedAt
  }

  /** Returns whether there were any. Those that take their places have no headers either. */
  #failWithoutHeaders(): boolean {
    if (!this.#sender.failWithoutHeaders?.()) return false
    this.#drain()
    return true
  }

  #drain(): void {
    for (const drain of this.#drains) drain()
  }
}
