// SPDX-License-Identifier: Apache-2.0
import { TimeQueue } from './time-queue.js'
import type { Due } from './time-queue.js'
import type { Trace } from './trace.js'

/** Not from 0, so that a time is not taken for a duration. In milliseconds. */
const START_MILLIS = 1000

/** A simulated thread. */
export interface Loop {
  readonly name: string
  /** When it has something to do; Infinity if it has nothing. */
  readonly nextAt: number
  /** The time of the world in this thread at this moment. */
  readonly absoluteNow: number
  step(): void
  endStep(): void
}

/**
 * Decides what happens next, in every simulated thread and in the world around them: whatever is due first. One step is one
 * callback, with all promises that it settles. Nothing else makes time pass.
 */
export class Scheduler {
  readonly trace: Trace
  /** What happens outside of every process: the network, the backend, the disk, faults. */
  readonly #world = new TimeQueue()
  readonly #loops = new Set<Loop>()
  #now = START_MILLIS
  #wallOffset = 1_700_000_000_000
  #current: Loop | undefined

  constructor(trace: Trace) {
    this.trace = trace
  }

  /** When the current step began, in milliseconds. */
  get now(): number {
    return this.#now
  }

  /** The time of day less `now`, in milliseconds. */
  get wallOffset(): number {
    return this.#wallOffset
  }

  /** The thread whose callback runs; undefined between steps and in the world. */
  get current(): Loop | undefined {
    return this.#current
  }

  jumpWallClock(millis: number): void {
    this.#wallOffset += millis
    this.trace.event(this.#now, 'world', 'the time of day jumps by %a ms', millis)
  }

  /** Something happens in the world. */
  later(millis: number, label: string, callback: () => void): Due {
    return this.#world.add((this.#current?.absoluteNow ?? this.#now) + millis, label, callback)
  }

  addLoop(loop: Loop): void {
    this.#loops.add(loop)
  }

  removeLoop(loop: Loop): void {
    this.#loops.delete(loop)
  }

  /**
   * Takes the next step, at `until` at the latest, and returns whether there was one. The caller lets promises settle and calls
   * {@link endStep}.
   */
  beginStep(until: number): boolean {
    let at = this.#world.nextAt
    let next: Loop | undefined
    for (const loop of this.#loops) {
      const loopAt = loop.nextAt
      if (loopAt >= at) continue
      at = loopAt
      next = loop
    }
    if (at === Infinity || at > until) {
      if (until !== Infinity) this.#now = Math.max(this.#now, until)
      return false
    }
    this.#now = Math.max(this.#now, at)
    if (next === undefined) {
      const due = this.#world.take(this.#now) as Due
      this.trace.event(this.#now, 'world', due.label)
      due.callback()
    } else {
      this.#current = next
      next.step()
    }
    return true
  }

  endStep(): void {
    this.#current?.endStep()
    this.#current = undefined
  }
}
