// SPDX-License-Identifier: Apache-2.0
import { performance as time } from 'node:perf_hooks'
import * as timers from 'node:timers'

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

// Taken when the module loads, and with what they belong to: an application that fakes or stubs time in its own tests must
// not stop the exporter.
const setRealTimeout = real('setTimeout') as typeof setTimeout | undefined
const clearRealTimeout = (real('clearTimeout') ?? clearTimeout) as typeof clearTimeout
const setRealImmediate = (real('setImmediate') ?? startUnstoppable) as (callback: () => void) => unknown
// That of the prototype if there is one, as in Node.js: the object may carry a fake of its own.
const prototype = Object.getPrototypeOf(time) as typeof time
const now = ('now' in prototype ? prototype : time).now.bind(time)
const date = (real('Date') ?? Date) as DateConstructor

export const systemClock: Clock = {
  now,
  wallTime: date.now.bind(date),
  startTimer(callback, delayMillis, keepAlive) {
    if (setRealTimeout === undefined) return startUnstoppable(callback, delayMillis)
    const timer = setRealTimeout(callback, delayMillis)
    if (!keepAlive) timer.unref()
    return () => clearRealTimeout(timer)
  },
  soon: (callback) => void setRealImmediate(callback),
}

/** What fake timers are known by: those of sinon, Jest and Vitest, the older ones of Jest, and those of `node:test`. */
interface MaybeFake {
  readonly clock?: Readonly<Record<string, MaybeFake>>
  readonly mock?: unknown
  readonly name?: string
}

/**
 * A global as Node.js made it; undefined if that cannot be had. Fake timers may be active as this module loads: Jest
 * can enable them for every test file. The first kind keeps what it replaced, and some leave the modules of Node.js alone.
 */
function real(name: string): unknown {
  for (const owner of [globalThis, timers]) {
    let value = (owner as unknown as Record<string, MaybeFake | undefined>)[name]
    while (value?.clock) value = value.clock[`_${name}`]
    if (value && !value.mock && !value.name?.startsWith('bound ')) return value
  }
  return undefined
}

/** The one timer that nobody fakes. It can only be ignored, and holds no process. */
function startUnstoppable(callback: () => void, delayMillis = 0): () => void {
  let isOn = true
  const signal = AbortSignal.timeout(delayMillis)
  signal.addEventListener('abort', () => {
    if (isOn) callback()
  })
  return () => {
    isOn = false
  }
}
