// SPDX-License-Identifier: Apache-2.0
import { MAX_TIMER_MILLIS } from './limits.js'

/** A delay as timers take it, in milliseconds: not a fraction, since one that fires early would find nothing due. */
export function timerDelay(millis: number): number {
  return Math.min(Math.max(Math.ceil(millis), 0), MAX_TIMER_MILLIS)
}

/** A timer of the platform: an object in Node.js, a number in browsers. */
export interface Timer {
  /** Starts it again with the same delay. */
  refresh?(): unknown
  unref?(): unknown
}

/** Time and turns of the event loop. Tests bring their own. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  now(): number
  /** A timer that is running; only with `keepAlive` does it hold an otherwise idle process. */
  startTimer(callback: () => void, delayMillis: number, keepAlive?: boolean): Timer
  stopTimer(timer: Timer | undefined): void
  /** Calls back in a later turn of the event loop, after pending I/O. */
  soon(callback: () => void): void
}

// Taken when the module loads: an application that fakes timers in its own tests must not stop the pipeline.
const { setTimeout, clearTimeout, performance } = globalThis
const { setImmediate = setTimeout } = globalThis as { setImmediate?: (callback: () => void) => unknown }

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer(callback, delayMillis, keepAlive) {
    const timer = setTimeout(callback, timerDelay(delayMillis)) as Timer
    if (!keepAlive) timer.unref?.()
    return timer
  },
  stopTimer: (timer) => clearTimeout(timer as number | undefined),
  soon: (callback) => void setImmediate(callback),
}
