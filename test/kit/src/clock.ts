// SPDX-License-Identifier: Apache-2.0
import { timerDelay } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'

interface Entry {
  at: number
  order: number
  callback: () => void
  owner: 'ours' | 'world'
  keepAlive: boolean
}

/** Lets every promise that can settle do so: microtasks run before the next immediate. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Time that stands still until a test moves it. Timers of the code under test and of the world around it share it. */
export class FakeClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Set<Entry>()
  readonly #own = new WeakMap<Timer, Entry>()
  #soon: (() => void)[] = []

  /** How far time moves whenever somebody looks at it, in milliseconds: work that takes its time. */
  creepMillis = 0

  /** Not from 0, so that a time is not taken for a duration. */
  constructor(now = 1000) {
    this.#now = now
  }

  now(): number {
    this.#now += this.creepMillis
    return this.#now
  }

  /** Since an epoch of its own, in milliseconds. */
  wallTime(): number {
    return this.#now
  }

  startTimer(callback: () => void, delayMillis: number, keepAlive = false): Timer {
    const timer: Timer = {
      refresh: () => {
        this.stopTimer(timer)
        this.#own.set(timer, this.#add(callback, timerDelay(delayMillis), 'ours', keepAlive))
      },
    }
    timer.refresh?.()
    return timer
  }

  stopTimer(timer: Timer | undefined): void {
    const entry = timer && this.#own.get(timer)
    if (entry) this.#timers.delete(entry)
  }

  soon(callback: () => void): void {
    this.#soon.push(callback)
  }

  /** Timers and turns that were asked for never come, as when a request of a Cloudflare worker ends. */
  dropEverything(): void {
    this.#timers.clear()
    this.#soon = []
  }

  /** Something outside happens later: a backend answers, say. */
  later(callback: () => void, delayMillis: number): void {
    this.#add(callback, delayMillis, 'world', false)
  }

  /** Timers of the code under test that are running. */
  get ownTimers(): number {
    return [...this.#timers].filter((entry) => entry.owner === 'ours').length
  }

  /** Timers of the code under test that hold the process. */
  get keepAliveTimers(): number {
    return [...this.#timers].filter((entry) => entry.keepAlive).length
  }

  /** Lets the event loop turn until nothing is left to do at this time. */
  async turn(): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      await settlePromises()
      const batch = this.#soon
      if (batch.length === 0) return
      if (rounds > 100_000) throw new Error('the loop turns without end at one moment')
      this.#soon = []
      for (const callback of batch) {
        callback()
        await settlePromises()
      }
    }
  }

  /**
   * Moves time forward as an event loop does: all timers that are due fire, with nothing but promises in between, and
   * then comes what was put off to a later turn.
   */
  async advance(millis: number): Promise<void> {
    const end = this.#now + millis
    await this.#fireDue()
    await this.turn()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at)
      await this.#fireDue()
      await this.turn()
    }
    this.#now = end
  }

  async #fireDue(): Promise<void> {
    for (let due = this.#next(this.#now); due !== undefined; due = this.#next(this.#now)) {
      this.#timers.delete(due)
      due.callback()
      await settlePromises()
    }
  }

  /** The event loop stalls: time passes and nothing runs. */
  stall(millis: number): void {
    this.#now += millis
  }

  #add(callback: () => void, delayMillis: number, owner: Entry['owner'], keepAlive: boolean): Entry {
    const entry = { at: this.#now + delayMillis, order: this.#order++, callback, owner, keepAlive }
    this.#timers.add(entry)
    return entry
  }

  #next(end: number): Entry | undefined {
    let first: Entry | undefined
    for (const entry of this.#timers) {
      if (entry.at > end) continue
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry
    }
    return first
  }
}
