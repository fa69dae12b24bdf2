// SPDX-License-Identifier: Apache-2.0

/** Longest delay that timers take, in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1

/** A one-shot timer that can be started again with the same delay. */
export interface Timer {
  restart(): void
  stop(): void
}

/** Time and turns of the event loop. Tests bring their own. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  now(): number
  /** A timer that is running; only with `keepAlive` does it hold an otherwise idle process. */
  startTimer(callback: () => void, delayMillis: number, keepAlive: boolean): Timer
  /** Calls back in a later turn of the event loop, after pending I/O. */
  soon(callback: () => void): void
}

// Taken when the module loads: an application that fakes timers in its own tests must not stop the pipeline.
const { setTimeout, clearTimeout, performance } = globalThis
const setImmediate = (globalThis as { setImmediate?: (callback: () => void) => unknown }).setImmediate

/** A Node.js timer; browsers return a number instead. */
interface NodeTimer {
  refresh?(): unknown
  unref?(): unknown
}

class SystemTimer implements Timer {
  readonly #callback: () => void
  readonly #delayMillis: number
  readonly #keepAlive: boolean
  #handle!: ReturnType<typeof setTimeout>

  constructor(callback: () => void, delayMillis: number, keepAlive: boolean) {
    this.#callback = callback
    this.#delayMillis = delayMillis
    this.#keepAlive = keepAlive
    this.#start()
  }

  #start(): void {
    this.#handle = setTimeout(this.#callback, this.#delayMillis)
    if (!this.#keepAlive) (this.#handle as NodeTimer).unref?.()
  }

  restart(): void {
    const handle = this.#handle as NodeTimer
    if (typeof handle.refresh === 'function') {
      handle.refresh()
      return
    }
    clearTimeout(this.#handle)
    this.#start()
  }

  stop(): void {
    clearTimeout(this.#handle)
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer: (callback, delayMillis, keepAlive) => new SystemTimer(callback, delayMillis, keepAlive),
  soon: setImmediate ? (callback) => void setImmediate(callback) : (callback) => void setTimeout(callback, 0),
}
