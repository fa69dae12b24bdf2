// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'

/** A batch is opened only if at least this much is left for it, in bytes. Every usual batch fits. */
const MIN_ROOM_BYTES = 1024 * 1024

/** How long a caller that was woken keeps its claim, in milliseconds. It may no longer have anything to send. */
const CLAIM_MILLIS = 100

/** A waiting caller. */
interface Waiter {
  /** How much it needs, in bytes. */
  room: number
  /** When it was woken because that much is left; undefined until then. */
  wokenAt: number | undefined
}

/**
 * Limits how many encoded bytes the open, waiting and in-flight batches hold together. Each open batch has a reservation, so
 * that several of them together cannot exceed the limit. When a batch is closed it gives back what it did not use.
 *
 * First come, first served: later callers do not get what earlier ones wait for. Otherwise a span that needs much room would
 * wait for ever while callers that need little are served. A caller is identified by its `onRoom`.
 */
export class ByteBudget {
  readonly #limit: number
  readonly #minRoom: number
  readonly #clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'>
  #used = 0
  /** How much of `#used` is reserved for open batches. */
  #reserved = 0
  #isClosed = false
  /** In the order of arrival. A caller that was woken keeps its place until it takes its bytes or its claim expires. */
  readonly #waiting = new Map<() => void, Waiter>()
  /** Set while a caller was woken and has not taken its bytes yet. */
  #timer: Timer | undefined

  constructor(limit: number, clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'> = systemClock) {
    this.#limit = limit
    this.#minRoom = Math.min(MIN_ROOM_BYTES, limit)
    this.#clock = clock
  }

  /** Bytes held or reserved. */
  get used(): number {
    return this.#used
  }

  /** Bytes held by closed batches, which wait or are in flight. */
  get held(): number {
    return this.#used - this.#reserved
  }

  /**
   * Makes a reservation: half of what is left, or all of it if little is left, but at most `most`. Returns its size, in bytes.
   * If there is no room it returns 0, and the caller is now waiting.
   */
  reserve(most: number, onRoom: () => void): number {
    if (!this.#isClosed && this.#leftFor(onRoom) < this.#minRoom) {
      this.wait(this.#minRoom, onRoom)
      return 0
    }
    const reserved = this.widen(0, most, onRoom)
    this.stopWaiting(onRoom)
    return reserved
  }

  /** Enlarges a reservation to the size that `reserve` would give now. Returns its new size, in bytes. */
  widen(reserved: number, most: number, onRoom: () => void): number {
    const left = this.#leftFor(onRoom) + reserved
    return this.#enlarge(reserved, Math.min(left, most, Math.max(Math.floor(left / 2), this.#minRoom)))
  }

  /** Enlarges a reservation by all that is left, but to at most `most`. Returns its new size, in bytes. */
  widenToAll(reserved: number, most: number, onRoom: () => void): number {
    return this.#enlarge(reserved, Math.min(this.#leftFor(onRoom) + reserved, most))
  }

  /**
   * Calls `onRoom` once, as soon as `bytes` are left after what earlier callers need. If `bytes` exceeds the limit, calls it
   * as soon as nothing is held. A caller that is already waiting keeps its place.
   */
  wait(bytes: number, onRoom: () => void): void {
    if (!this.#isClosed) this.#waiting.set(onRoom, { room: Math.min(bytes, this.#limit), wokenAt: undefined })
  }

  /** Call this when a caller has what it needs, or gives up. */
  stopWaiting(onRoom: () => void): void {
    if (this.#waiting.delete(onRoom)) this.#wakeThoseThatFit()
  }

  /** Turns a reservation into `held` bytes that are held, and gives the rest back. */
  hold(reserved: number, held: number): void {
    if (this.#isClosed) return
    this.#reserved -= reserved
    this.release(reserved - held)
  }

  /** Gives held bytes back. A negative number: so many more are held, for which nobody was asked. */
  release(bytes: number): void {
    if (bytes === 0 || this.#isClosed) return
    this.#used -= bytes
    if (bytes > 0) this.#wakeThoseThatFit()
  }

  /** Closes the budget for good: nothing counts as held any more, and no caller waits. */
  close(): void {
    this.#isClosed = true
    this.#used = 0
    this.#reserved = 0
    this.#waiting.clear()
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
  }

  /** What is left after all earlier callers get what they need, in bytes. May be negative. */
  #leftFor(onRoom: () => void): number {
    let left = this.#limit - this.#used
    for (const [earlier, { room }] of this.#waiting) {
      if (earlier === onRoom) break
      left -= room
    }
    return left
  }

  #wakeThoseThatFit(): void {
    // A copy, because a caller may take its bytes or wait again inside `onRoom`.
    const waiting = [...this.#waiting]
    for (const [onRoom, waiter] of waiting) {
      if (this.#waiting.get(onRoom) !== waiter) continue
      if (this.#leftFor(onRoom) < waiter.room) return
      if (waiter.wokenAt !== undefined) continue
      waiter.wokenAt = this.#clock.now()
      this.#timer ??= this.#clock.startTimer(() => this.#dropExpiredClaims(), CLAIM_MILLIS)
      try {
        onRoom()
      } catch {
        // It is the caller's error. The caller may be gone, and this may run in the event of another thread's message.
      }
    }
  }

  #dropExpiredClaims(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    let nextMillis = Infinity
    for (const [onRoom, { wokenAt }] of this.#waiting) {
      if (wokenAt === undefined) continue
      const left = wokenAt + CLAIM_MILLIS - now
      if (left <= 0) this.#waiting.delete(onRoom)
      else nextMillis = Math.min(nextMillis, left)
    }
    if (nextMillis < Infinity) this.#timer = this.#clock.startTimer(() => this.#dropExpiredClaims(), nextMillis)
    this.#wakeThoseThatFit()
  }

  #enlarge(reserved: number, wanted: number): number {
    const enlarged = Math.max(reserved, wanted)
    if (this.#isClosed) return enlarged
    this.#used += enlarged - reserved
    this.#reserved += enlarged - reserved
    return enlarged
  }
}
