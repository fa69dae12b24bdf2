// SPDX-License-Identifier: Apache-2.0

/** Longest delay that timers take, in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1

/** Time and turns of the event loop. Tests bring their own. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  now(): number
  /** The time of day, in milliseconds; for dates that a backend sends. */
  wallTime(): number
  /** Starts a timer and returns what stops it; only with `keepAlive` does it hold an otherwise idle process. */
  startTimer(callback: () => void, delayMillis: number, keepAlive: boolean): () => void
  /** Calls back in a later turn of the event loop, after pending I/O. */
  soon(callback: () => void): void
}

// Taken when the module loads: an application that fakes timers in its own tests must not stop the exporter.
const { setTimeout, clearTimeout, setImmediate, performance } = globalThis
const wallTime = Date.now.bind(Date)

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime,
  startTimer(callback, delayMillis, keepAlive) {
    const timer = setTimeout(callback, delayMillis)
    if (!keepAlive) timer.unref()
    return () => clearTimeout(timer)
  },
  soon: (callback) => void setImmediate(callback),
}
