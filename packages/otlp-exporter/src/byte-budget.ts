// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'

/** A batch is opened only where this much is left for it, in bytes; every usual batch fits. */
const MIN_ROOM_BYTES = 1024 * 1024

/** How long the room of somebody who was woken is kept, in milliseconds: it may have nothing to send any more. */
const CLAIM_MILLIS = 100

/** Somebody who waits. */
interface Waiter {
  /** How much is needed, in bytes. */
  room: number
  /** When it was told that there is so much; undefined before. */
  wokenAt: number | undefined
}

/**
 * How many encoded bytes may be held at once, open, waiting and in flight together. An open batch has a part set aside
 * for it, so that several of them cannot exceed the limit between them; when it is closed it gives back what it did not use.
 *
 * First come, first served: what those before need is not there for anybody else, or a span that needs much would wait
 * for ever beside callers that need little. A caller is known by its `onRoom`.
 */
export class ByteBudget {
  readonly #limit: number
  readonly #minRoom: number
  readonly #clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'>
  #used = 0
  /** The part of it that was set aside for open batches. */
  #setAside = 0
  #isClosed = false
  /** In the order of waiting. Whoever is woken keeps its place until it has come, or has not come for a while. */
  readonly #waiting = new Map<() => void, Waiter>()
  /** Set while somebody is woken and has not come. */
  #timer: Timer | undefined

  constructor(limit: number, clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'> = systemClock) {
    this.#limit = limit
    this.#minRoom = Math.min(MIN_ROOM_BYTES, limit)
    this.#clock = clock
  }

  /** Bytes held or set aside. */
  get used(): number {
    return this.#used
  }

  /** Bytes held by batches that are closed: what waits or is in flight. */
  get held(): number {
    return this.#used - this.#setAside
  }

  /** Sets a part aside: half of what is left, or all of it when that is little. Returns its size, or 0 without room. */
  reserve(most: number, onRoom: () => void): number {
    if (!this.#isClosed && this.#leftFor(onRoom) < this.#minRoom) {
      this.wait(this.#minRoom, onRoom)
      return 0
    }
    const reserved = this.widen(0, most, onRoom)
    this.stopWaiting(onRoom)
    return reserved
  }

  /** Makes a part larger that was set aside before: to what `reserve` would now give in its place. Returns its size. */
  widen(reserved: number, most: number, onRoom: () => void): number {
    const left = this.#leftFor(onRoom) + reserved
    return this.#enlarge(reserved, Math.min(left, most, Math.max(Math.floor(left / 2), this.#minRoom)))
  }

  /** Makes a part of all that is left. Returns its size. */
  widenToAll(reserved: number, most: number, onRoom: () => void): number {
    return this.#enlarge(reserved, Math.min(this.#leftFor(onRoom) + reserved, most))
  }

  /**
   * Calls `onRoom` once, when so many bytes are left beside what those before need; for more than there can be, when all
   * are. Whoever waits already keeps its place.
   */
  wait(bytes: number, onRoom: () => void): void {
    if (!this.#isClosed) this.#waiting.set(onRoom, { room: Math.min(bytes, this.#limit), wokenAt: undefined })
  }

  /** Whoever waited does so no more: it has what it needs, or gives up. */
  stopWaiting(onRoom: () => void): void {
    if (this.#waiting.delete(onRoom)) this.#wakeWhoFits()
  }

  /** Of a part that was set aside so many bytes are held from now on, and the others are given back. */
  hold(reserved: number, held: number): void {
    if (this.#isClosed) return
    this.#setAside -= reserved
    this.release(reserved - held)
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    if (bytes <= 0 || this.#isClosed) return
    this.#used -= bytes
    this.#wakeWhoFits()
  }

  /** The end: whatever was held is of no use to anybody any more, and nobody waits. */
  end(): void {
    this.#isClosed = true
    this.#used = 0
    this.#setAside = 0
    this.#waiting.clear()
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
  }

  /** What is left when everybody who waits longer than this caller has what it needs, in bytes; may be negative. */
  #leftFor(onRoom: () => void): number {
    let left = this.#limit - this.#used
    for (const [before, { room }] of this.#waiting) {
      if (before === onRoom) break
      left -= room
    }
    return left
  }

  #wakeWhoFits(): void {
    // A copy: whoever is woken may take its room at once, or wait again.
    const waiting = [...this.#waiting]
    for (const [wake, waiter] of waiting) {
      if (this.#waiting.get(wake) !== waiter) continue
      if (this.#leftFor(wake) < waiter.room) return
      if (waiter.wokenAt !== undefined) continue
      waiter.wokenAt = this.#clock.now()
      this.#timer ??= this.#clock.startTimer(() => this.#dropWhoStaysAway(), CLAIM_MILLIS)
      wake()
    }
  }

  #dropWhoStaysAway(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    let nextMillis = Infinity
    for (const [wake, { wokenAt }] of this.#waiting) {
      if (wokenAt === undefined) continue
      const left = wokenAt + CLAIM_MILLIS - now
      if (left <= 0) this.#waiting.delete(wake)
      else nextMillis = Math.min(nextMillis, left)
    }
    if (nextMillis < Infinity) this.#timer = this.#clock.startTimer(() => this.#dropWhoStaysAway(), nextMillis)
    this.#wakeWhoFits()
  }

  #enlarge(reserved: number, wanted: number): number {
    const enlarged = Math.max(reserved, wanted)
    if (this.#isClosed) return enlarged
    this.#used += enlarged - reserved
    this.#setAside += enlarged - reserved
    return enlarged
  }
}
