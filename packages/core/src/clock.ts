// SPDX-License-Identifier: Apache-2.0
import { builtinModule } from './builtin-module.js'
import { MAX_TIMER_MILLIS } from './limits.js'

/** A delay as timers take it, in milliseconds. Rounded up: a timer that fires early would find nothing due. */
export function timerDelay(millis: number): number {
  return Math.min(Math.max(Math.ceil(millis), 0), MAX_TIMER_MILLIS)
}

/** A timer of the platform: an object in Node.js, a number in browsers. */
export interface Timer {
  /** Starts it again with the same delay. */
  refresh?(): unknown
  unref?(): unknown
  /** Stops it where the platform cannot. */
  stop?(): void
}

/** Time and turns of the event loop. Tests bring their own. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  now(): number
  /** Starts a timer. It keeps an otherwise idle process alive only with `keepAlive`. */
  startTimer(callback: () => void, delayMillis: number, keepAlive?: boolean): Timer
  stopTimer(timer: Timer | undefined): void
  /**
   * Calls back in the next iteration of the event loop, after pending I/O. Without `keepAlive`, which is true by default,
   * an otherwise idle process ends before that.
   */
  soon(callback: () => void, keepAlive?: boolean): void
}

type StartTimer = (callback: () => void, delayMillis?: number) => Timer

// Taken when the module loads, together with the object they belong to: an application that fakes time in its own tests
// must not stop the pipeline.
const setRealTimeout = (platformGlobal('setTimeout') ?? startUnstoppable) as StartTimer
const clearRealTimeout = (platformGlobal('clearTimeout') ?? clearTimeout) as (timer: Timer | undefined) => void
const setRealImmediate = (platformGlobal('setImmediate') ?? setRealTimeout) as StartTimer
// The one of Node.js first: that of a test environment (jsdom) starts at another time, and deadlines go from the processor
// to the exporter, which may have been loaded outside of it.
const time = (builtinModule<{ performance: unknown }>('perf_hooks')?.performance ?? platformGlobal('performance') ?? Date) as {
  now(): number
}
const prototype = Object.getPrototypeOf(time) as typeof time
// From the prototype if it is there: the object itself may carry a fake.
const now = ('now' in prototype ? prototype : time).now.bind(time)

export const systemClock: Clock = {
  now,
  startTimer(callback, delayMillis, keepAlive) {
    try {
      const timer = setRealTimeout(callback, timerDelay(delayMillis))
      if (!keepAlive) timer.unref?.()
      return timer
    } catch {
      // The module scope of a Cloudflare worker has no timers. The next flush sends what waits.
      return {}
    }
  },
  stopTimer(timer) {
    if (timer?.stop) timer.stop()
    else clearRealTimeout(timer)
  },
  soon(callback, keepAlive = true) {
    try {
      const immediate = setRealImmediate(callback)
      if (!keepAlive) immediate.unref?.()
    } catch {
      // As above.
    }
  },
}

/** The marks of fake timers: those of sinon, Jest and Vitest (`clock`), of older Jest (`mock`), and of `node:test` (`name`). */
interface MaybeFake {
  readonly clock?: Readonly<Record<string, MaybeFake>>
  readonly mock?: unknown
  readonly name?: string
}

/**
 * A global as the platform made it, or undefined if only a fake can be found. Fake timers may already be active when this
 * module loads: Jest can enable them for every test file. Those of sinon keep what they replaced; others leave the modules
 * of Node.js alone.
 */
export function platformGlobal(name: string): unknown {
  for (const owner of [globalThis, builtinModule('timers')]) {
    let value = (owner as Record<string, MaybeFake | undefined> | undefined)?.[name]
    while (value?.clock) value = value.clock[`_${name}`]
    if (value && !value.mock && !value.name?.startsWith('bound ')) return value
  }
  return undefined
}

/** The one timer that nobody fakes. It cannot be stopped, only ignored, and does not keep the process alive. */
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
