// SPDX-License-Identifier: Apache-2.0
import { EXPORT_THREAD, bounded } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'
import type { TransportSettings } from '../transport/transport-settings.js'
import { warn } from '../warn.js'
import { networkDefaults, threadSettings } from './crossing.js'
import type { BELL, FromThread } from './messages.js'
import { HOW_TO_BUNDLE } from '../config/worker.js'
import { ThreadHandle } from './thread-handle.js'
import type { StartWorker } from './worker-thread.js'

/**
 * A thread that is not ready after this time, in milliseconds, is given up. It usually takes 50. Half of the default
 * `timeoutMillis`, so that batches that wait for the thread can still be sent from this one.
 */
const START_MILLIS = 5000
/** After `count` deaths within `millis` milliseconds, no other thread is started. */
const DEATHS = { count: 5, millis: 60_000 }
/** How long the thread may take to close its connections, and then as long again to end, in milliseconds. */
const CLOSE_MILLIS = 250
/** The pause before a thread that died is replaced, in milliseconds. It doubles with each death that is remembered. */
const RESTART_MILLIS = 100

export interface SupervisorParts {
  readonly clock: Clock
  readonly settings: TransportSettings
  /** The file that the thread runs; undefined for the one of this package. */
  readonly file: string | URL | undefined
  /** How many slabs the thread may own at once. */
  readonly slabCount: number
  /** The clock that the threads share. */
  readonly processMillis: () => number
  readonly startWorker?: StartWorker | undefined
}

export interface SupervisorListener {
  /** Slabs may have been given back. */
  onBell(): void
  onMessage(thread: ThreadHandle, message: Exclude<FromThread, typeof BELL>): void
  /** The thread `dead` is gone. What it has given back can still be taken. */
  onDeath(dead: ThreadHandle): void
  /** A thread that died may be replaced now, by calling `start`. */
  onRestart(): void
  /** No thread will be started any more. */
  onGivenUp(): void
}

/**
 * Keeps one export thread running. A thread that dies is replaced after a pause; one that cannot be started at all, or that dies
 * again and again, is given up.
 *
 * ```
 *   none ──start──► starting ──ready──► running ──death──► pausing ──► none
 *                      │                                     │
 *                      └────────────► given up ◄─────────────┘ five times in a minute
 * ```
 */
export class ThreadSupervisor {
  readonly #parts: SupervisorParts
  readonly #listener: SupervisorListener
  #thread: ThreadHandle | undefined
  /** Runs until the thread is ready. */
  #startTimer: Timer | undefined
  /** Whether any thread has ever been ready. */
  #hasWorked = false
  /** Under which name the last thread has written to disk; the next one takes it over. */
  #spoolOwner: string | undefined
  #isStartAsked = false
  #isPausing = false
  #isClosed = false
  /** Called when the thread has closed its connections, or is gone. */
  #onClosed: () => void = () => {}
  /** When threads have died, within the time that counts. */
  #deaths: number[] = []

  constructor(parts: SupervisorParts, listener: SupervisorListener) {
    this.#parts = parts
    this.#listener = listener
  }

  /** The thread that is running or starting. */
  get thread(): ThreadHandle | undefined {
    return this.#thread
  }

  /** Under which name the last thread has written to disk. */
  get spoolOwner(): string | undefined {
    return this.#spoolOwner
  }

  get isStarting(): boolean {
    return this.#startTimer !== undefined
  }

  /** Starts the first thread, but in the next iteration of the event loop: it takes a millisecond, and a span may be ending now. */
  startSoon(): void {
    if (this.#isStartAsked) return
    this.#isStartAsked = true
    this.#parts.clock.soon(() => this.start(), false)
  }

  /** Starts a thread, unless there is one or a pause has to pass first. Returns the thread there is then, if any. */
  start(): ThreadHandle | undefined {
    if (this.#thread !== undefined || this.#isPausing || this.#isClosed) return this.#thread
    const { clock, processMillis, settings } = this.#parts
    try {
      const thread: ThreadHandle = new ThreadHandle(this.#parts, {
        onBell: () => this.#listener.onBell(),
        onMessage: (message) => this.#onMessage(thread, message),
        onEnd: (error) => this.#onEnd(thread, error),
      })
      this.#thread = thread
      thread.post({
        type: 'start',
        settings: threadSettings(settings),
        network: networkDefaults(),
        postedAt: processMillis(),
        formerOwner: this.#spoolOwner,
        asksForHeaders: settings.headersFunction !== undefined,
      })
      // After a stall of this thread the message may have arrived and not been seen (R8).
      this.#startTimer = clock.startTimer(() => clock.soon(() => this.#endUnready(thread), false), START_MILLIS)
    } catch (error) {
      // A thread without settings must not be given batches.
      void this.#thread?.terminate()
      this.#thread = undefined
      this.#giveUp(error)
    }
    return this.#thread
  }

  /** For the `exit` event, in which no timer can end the pause after a death. */
  endPause(): void {
    this.#isPausing = false
  }

  /** Ends the thread once it has closed its connections. No other one is started from now on. */
  async end(): Promise<void> {
    this.#isClosed = true
    const { clock } = this.#parts
    const thread = this.#thread
    if (thread === undefined) return
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve))
    thread.post({ type: 'shutdown', remainingMillis: 0 })
    await bounded(clock, { at: clock.now() + CLOSE_MILLIS, keepAlive: true }, () => closed)
    await bounded(clock, { at: clock.now() + CLOSE_MILLIS, keepAlive: true }, () => thread.terminate())
  }

  #endUnready(thread: ThreadHandle): void {
    if (this.#thread === thread && this.#startTimer !== undefined) void thread.terminate()
  }

  #stopStartTimer(): void {
    this.#parts.clock.stopTimer(this.#startTimer)
    this.#startTimer = undefined
  }

  #onMessage(thread: ThreadHandle, message: Exclude<FromThread, typeof BELL>): void {
    if (message.type === 'ready') {
      this.#stopStartTimer()
      this.#hasWorked = true
      this.#spoolOwner = message.spoolOwner
    } else if (message.type === 'closed') {
      this.#onClosed()
    } else {
      this.#listener.onMessage(thread, message)
    }
  }

  #onEnd(thread: ThreadHandle, error: Error | undefined): void {
    this.#stopStartTimer()
    this.#thread = undefined
    // Nothing that is called here starts another thread before the pause.
    this.#isPausing = true
    this.#listener.onDeath(thread)
    this.#onClosed()
    if (this.#isClosed) return
    const { clock } = this.#parts
    const now = clock.now()
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATHS.millis), now]
    if (!this.#hasWorked || this.#deaths.length >= DEATHS.count) return this.#giveUp(error)
    warn(`${EXPORT_THREAD} the export thread has ended${because(error)}; another one is started`)
    const pause = RESTART_MILLIS * 2 ** (this.#deaths.length - 1)
    clock.startTimer(() => {
      this.#isPausing = false
      if (!this.#isClosed) this.#listener.onRestart()
    }, pause)
  }

  #giveUp(error: unknown): void {
    this.#isClosed = true
    const what = this.#hasWorked ? `has ended ${DEATHS.count} times in a minute` : 'cannot be started'
    const hint = this.#hasWorked ? '' : this.#hintFor(error)
    warn(`${EXPORT_THREAD} worker is on, but the export thread ${what}${because(error)}; spans are sent from this thread${hint}`)
    this.#listener.onGivenUp()
  }

  /** What to do about a thread that cannot be started. */
  #hintFor(error: unknown): string {
    if ((error as { code?: unknown } | undefined)?.code === 'ERR_ACCESS_DENIED') return '. --allow-worker allows it'
    return this.#parts.file === undefined && isNotFound(error) ? `. ${HOW_TO_BUNDLE}` : ''
  }
}

/** What a bundle without the file leads to: there is no such file, or nothing says where it would be. */
function isNotFound(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_INVALID_URL'
}

function because(error: unknown): string {
  if (error === undefined) return ''
  return `: ${error instanceof Error ? error.message : typeof error}`
}
