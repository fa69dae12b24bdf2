// SPDX-License-Identifier: Apache-2.0
import { builtinModule } from './builtin-module.js'
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
  /** Where the platform has no call that stops it. */
  stop?(): void
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

type StartTimer = (callback: () => void, delayMillis?: number) => Timer

// Taken when the module loads, and with what they belong to: an application that fakes or stubs time in its own tests must
// not stop the pipeline.
const setRealTimeout = (real('setTimeout') ?? startUnstoppable) as StartTimer
const clearRealTimeout = (real('clearTimeout') ?? clearTimeout) as (timer: Timer | undefined) => void
const setRealImmediate = (real('setImmediate') ?? setRealTimeout) as StartTimer
const time = (real('performance') ?? Date) as { now(): number }
const prototype = Object.getPrototypeOf(time) as typeof time
// That of the prototype if there is one: an object may carry a fake of its own.
const now = ('now' in prototype ? prototype : time).now.bind(time)

export const systemClock: Clock = {
  now,
  startTimer(callback, delayMillis, keepAlive) {
    try {
      const timer = setRealTimeout(callback, timerDelay(delayMillis))
      if (!keepAlive) timer.unref?.()
      return timer
    } catch {
      // The module scope of a Cloudflare worker has no timers: what waits goes out with the next flush.
      return {}
    }
  },
  stopTimer(timer) {
    if (timer?.stop) timer.stop()
    else clearRealTimeout(timer)
  },
  soon(callback) {
    try {
      setRealImmediate(callback)
    } catch {
      // As above.
    }
  },
}

/** What fake timers are known by: those of sinon, Jest and Vitest, the older ones of Jest, and those of `node:test`. */
interface MaybeFake {
  readonly clock?: Readonly<Record<string, MaybeFake>>
  readonly mock?: unknown
  readonly name?: string
}

/**
 * A global as the platform made it; undefined if that cannot be had. Fake timers may be active as this module loads: Jest
 * can enable them for every test file. The first kind keeps what it replaced, and some leave the modules of Node.js alone.
 */
function real(name: string): unknown {
  for (const owner of [globalThis, builtinModule('timers')]) {
    let value = (owner as Record<string, MaybeFake | undefined> | undefined)?.[name]
    while (value?.clock) value = value.clock[`_${name}`]
    if (value && !value.mock && !value.name?.startsWith('bound ')) return value
  }
  return undefined
}

/** The one timer that nobody fakes. It can only be ignored, and holds no process. */
function startUnstoppable(callback: () => void, delayMillis = 0): Timer {
  let isOn = true
  const signal = AbortSignal.timeout(delayMillis)
  signal.addEventListener('abort', () => {
    if (isOn) callback()
  })
  return {
    stop() {
      isOn = false
    },
  }
}
