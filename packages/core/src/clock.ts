// SPDX-License-Identifier: Apache-2.0
import { builtinModule } from './builtin-module.js'

/** The longest delay of a timer, in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1

/** The delay in the range that timers accept, in milliseconds. Rounded up: a timer that fires early would find nothing due. */
export function timerDelay(millis: number): number {
  return Math.min(Math.max(Math.ceil(millis), 0), MAX_TIMER_MILLIS)
}

/** A timer of the platform: an object in Node.js, a number in browsers. */
export interface Timer {
  /** Restarts the timer with the same delay. */
  refresh?(): unknown
  unref?(): unknown
  /** Stops a timer that `clearTimeout` cannot stop. */
  stop?(): void
}

/** Time and the event loop. Tests pass their own. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  now(): number
  /** Starts a timer. It keeps an otherwise idle process alive only with `keepAlive`. */
  startTimer(callback: () => void, delayMillis: number, keepAlive?: boolean): Timer
  stopTimer(timer: Timer | undefined): void
  /**
   * Calls back in the next iteration of the event loop, after pending I/O. With `keepAlive` false, an otherwise idle process
   * ends without calling back. Default: true.
   */
  soon(callback: () => void, keepAlive?: boolean): void
}

type StartTimer = (callback: () => void, delayMillis?: number) => Timer

// Read when the module loads, so that fake timers that an application installs later, in its tests, do not stop the pipeline.
const setRealTimeout = (platformGlobal('setTimeout') ?? startUnstoppable) as StartTimer
const clearRealTimeout = (platformGlobal('clearTimeout') ?? clearTimeout) as (timer: Timer | undefined) => void
const setRealImmediate = (platformGlobal('setImmediate') ?? setRealTimeout) as StartTimer
// Prefers the `performance` of Node.js. That of a test environment (jsdom) counts from another origin, and the exporter, which
// gets its deadlines from the processor, may have been loaded outside that environment.
const time = (builtinModule<{ performance: unknown }>('perf_hooks')?.performance ?? platformGlobal('performance') ?? Date) as {
  now(): number
}
const prototype = Object.getPrototypeOf(time) as typeof time
// Taken from the prototype if possible: fake timers replace the method on the object itself.
const now = ('now' in prototype ? prototype : time).now.bind(time)

export const systemClock: Clock = {
  now,
  startTimer(callback, delayMillis, keepAlive) {
    try {
      const timer = setRealTimeout(callback, timerDelay(delayMillis))
      if (!keepAlive) timer.unref?.()
      return timer
    } catch {
      // Cloudflare Workers forbid timers outside a request. The next flush sends what is queued.
      return {}
    }
  },
  stopTimer(timer) {
    if (timer?.stop) timer.stop()
    else clearRealTimeout(timer)
  },
  soon(callback, keepAlive = true) {
    try {
      const timer = setRealImmediate(callback)
      if (!keepAlive) timer.unref?.()
    } catch {
      // As above.
    }
  },
}

/** What reveals a fake: `clock` for sinon, Jest and Vitest, `mock` for older versions of Jest, `name` for `node:test`. */
interface MaybeFake {
  readonly clock?: Readonly<Record<string, MaybeFake>>
  readonly mock?: unknown
  readonly name?: string
}

/**
 * A global as the platform provides it, or undefined if only a fake can be found. Fake timers may already be active when
 * this module loads: Jest can enable them for every test file. Sinon's fakes keep a reference to the originals. Other fakes
 * leave the modules of Node.js alone.
 */
export function platformGlobal(name: string): unknown {
  for (const owner of [globalThis, builtinModule('timers')]) {
    let value = (owner as Record<string, MaybeFake | undefined> | undefined)?.[name]
    while (value?.clock) value = value.clock[`_${name}`]
    if (value && !value.mock && !value.name?.startsWith('bound ')) return value
  }
  return undefined
}

/** A timer from the one API that is never faked. It cannot be cancelled, only ignored, and it never keeps the process alive. */
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
