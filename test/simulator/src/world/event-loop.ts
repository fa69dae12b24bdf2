// SPDX-License-Identifier: Apache-2.0
import { timerDelay } from '@spanring/core'
import type { Timer } from '@spanring/core'
import type { TransportClock } from '../../../../packages/otlp-exporter/src/transport/clock.js'
import type { Loop, Scheduler } from './scheduler.js'
import { TimeQueue } from './time-queue.js'
import type { Due } from './time-queue.js'

/** How fast a thread is. In milliseconds. */
export interface Pace {
  /** What each look at the clock takes, so that work takes time. */
  readonly creepMillis: number
  /** What each callback takes. */
  readonly stepMillis: number
}

type Phase = 'timers' | 'poll' | 'check'

/** A timer of this loop. */
interface LoopTimer extends Timer {
  due: Due
}

/**
 * The event loop of one simulated thread, with the phases of libuv: timers, then I/O, then immediates. It is the clock of the
 * code that runs in the thread. As in Node.js, timers count in whole milliseconds, so one may fire a little early; one that is
 * started among timers that are due comes in the next iteration; and each thread counts time from an origin of its own.
 */
export class EventLoop implements TransportClock, Loop {
  readonly name: string
  readonly #scheduler: Scheduler
  readonly #pace: Pace
  /** Absolute time less the time of this thread's clock, in milliseconds. */
  readonly #origin: number
  readonly #timers = new TimeQueue()
  readonly #io = new TimeQueue()
  #soon: (() => void)[] = []
  #checking: (() => void)[] = []
  #phase: Phase = 'timers'
  /** When the thread has finished what it does now. */
  #freeAt = 0
  #stepAt = 0
  #elapsed = 0
  /** When the timers that are being run were due at the latest. */
  #iterationAt: number
  /** Since when it has had nothing to do. */
  #idleSince = Infinity
  #isDead = false
  /** How long the thread has stood still because of faults, ever, in milliseconds. */
  stalledMillis = 0

  constructor(scheduler: Scheduler, name: string, pace: Pace, origin: number) {
    this.name = name
    this.#scheduler = scheduler
    this.#pace = pace
    this.#origin = origin
    this.#iterationAt = scheduler.now
    this.#stepAt = scheduler.now
    scheduler.addLoop(this)
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** How many timers are running. */
  get timerCount(): number {
    return this.#timers.size
  }

  /** When it has finished what it does now, in milliseconds of the world. */
  get freeAt(): number {
    return this.#freeAt
  }

  get nextAt(): number {
    const isReady = this.#soon.length > 0 || this.#checking.length > 0
    const at = isReady ? this.#scheduler.now : Math.min(this.#timers.nextAt, this.#io.nextAt)
    return Math.max(at, this.#freeAt)
  }

  /** The time of the world in this thread at this moment, in milliseconds. */
  get absoluteNow(): number {
    return this.#scheduler.current === this ? this.#stepAt + this.#elapsed : Math.max(this.#scheduler.now, this.#freeAt)
  }

  now(): number {
    if (this.#scheduler.current === this) this.#elapsed += this.#pace.creepMillis
    return this.absoluteNow - this.#origin
  }

  wallTime(): number {
    return this.absoluteNow + this.#scheduler.wallOffset
  }

  startTimer(callback: () => void, delayMillis: number): Timer {
    const delay = Math.max(timerDelay(delayMillis), 1)
    const start = (): Due => this.#timers.add(this.#wholeMillis() + delay, 'timer', callback)
    const timer: LoopTimer = {
      due: start(),
      refresh: () => {
        timer.due.isCancelled = true
        timer.due = start()
      },
    }
    return timer
  }

  stopTimer(timer: Timer | undefined): void {
    if (timer !== undefined) (timer as LoopTimer).due.isCancelled = true
  }

  soon(callback: () => void): void {
    if (!this.#isDead) this.#soon.push(callback)
  }

  /** Something arrives at this thread after so many milliseconds: an answer, a message. */
  io(millis: number, label: string, callback: () => void): void {
    if (this.#isDead) return
    const now = this.#scheduler.current?.absoluteNow ?? this.#scheduler.now
    this.#io.add(now + millis, label, callback)
  }

  /** The thread stands still. */
  stall(millis: number): void {
    this.#freeAt = Math.max(this.#freeAt, this.#scheduler.now) + millis
    this.#idleSince = Math.max(this.#idleSince, this.#freeAt)
    this.stalledMillis += millis
    this.#scheduler.trace.event(this.#scheduler.now, this.name, 'stands still for %a ms', millis)
  }

  /** The thread is gone, with everything that it waits for. */
  kill(): void {
    this.#isDead = true
    this.#timers.clear()
    this.#io.clear()
    this.#soon = []
    this.#checking = []
    this.#scheduler.removeLoop(this)
  }

  step(): void {
    const at = (this.#stepAt = Math.max(this.#scheduler.now, this.#freeAt))
    this.#elapsed = 0
    if (at > this.#idleSince) {
      // It was waiting in the poll phase.
      this.#phase = 'poll'
    }
    this.#idleSince = Infinity
    // Each phase is tried once, and the first one again with the time of the new iteration.
    for (let tries = 0; tries < 4; tries++) {
      if (this.#phase === 'timers') {
        const due = this.#timers.take(this.#iterationAt)
        if (due !== undefined) return this.#run(due.label, due.callback)
        this.#phase = 'poll'
      }
      if (this.#phase === 'poll') {
        const due = this.#io.take(at)
        if (due !== undefined) return this.#run(due.label, due.callback)
        this.#phase = 'check'
        this.#checking = this.#soon
        this.#soon = []
      }
      const callback = this.#checking.shift()
      if (callback !== undefined) return this.#run('immediate', callback)
      this.#phase = 'timers'
      this.#iterationAt = at
    }
  }

  endStep(): void {
    this.#idleSince = this.#stepAt + this.#elapsed + this.#pace.stepMillis
    this.#freeAt = Math.max(this.#freeAt, this.#idleSince)
  }

  #run(label: string, callback: () => void): void {
    this.#scheduler.trace.event(this.#stepAt, this.name, label)
    callback()
  }

  /** As libuv counts them. */
  #wholeMillis(): number {
    return Math.floor(this.absoluteNow - this.#origin) + this.#origin
  }
}
