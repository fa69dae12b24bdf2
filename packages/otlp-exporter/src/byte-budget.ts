// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'

/** A batch is opened only if this much is left for it, in bytes. Every usual batch fits. */
const MIN_ROOM_BYTES = 1024 * 1024

/** How long a caller that was woken keeps its claim, in milliseconds: it may have nothing to send any more. */
const CLAIM_MILLIS = 100

/** A caller that waits. */
interface Waiter {
  /** How much it needs, in bytes. */
  room: number
  /** When it was woken because there is that much; undefined before. */
  wokenAt: number | undefined
}

/**
 * Limits how many encoded bytes are held at once, by open, waiting and in-flight batches together. For an open batch a part
 * is set aside, so that several of them cannot exceed the limit between them; when it is closed it gives back the rest.
 *
 * First come, first served: what earlier callers wait for is not given to later ones. Otherwise a span that needs much room
 * would wait forever beside callers that need little. A caller is identified by its `onRoom`.
 */
export class ByteBudget {
  readonly #limit: number
  readonly #minRoom: number
  readonly #clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'>
  #used = 0
  /** The part of it that was set aside for open batches. */
  #setAside = 0
  #isClosed = false
  /** In the order of waiting. A caller that is woken keeps its place until it comes, or its claim expires. */
  readonly #waiting = new Map<() => void, Waiter>()
  /** Set while a caller was woken and has not come. */
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

  /** Bytes held by closed batches, which wait or are in flight. */
  get held(): number {
    return this.#used - this.#setAside
  }

  /**
   * Sets a part aside: half of what is left, or all of it if that is little, and no more than `most`. Returns its size, in
   * bytes; 0 without room, and the caller then waits.
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

  /** Enlarges a part to what `reserve` would give now in its place. Returns its new size, in bytes. */
  widen(reserved: number, most: number, onRoom: () => void): number {
    const left = this.#leftFor(onRoom) + reserved
    return this.#enlarge(reserved, Math.min(left, most, Math.max(Math.floor(left / 2), this.#minRoom)))
  }

  /** Enlarges a part by all that is left, to no more than `most`. Returns its new size, in bytes. */
  widenToAll(reserved: number, most: number, onRoom: () => void): number {
    return this.#enlarge(reserved, Math.min(this.#leftFor(onRoom) + reserved, most))
  }

  /**
   * Calls `onRoom` once, as soon as `bytes` are left beside what earlier callers need. For more than the limit, as soon as
   * nothing is held. A caller that waits already keeps its place.
   */
  wait(bytes: number, onRoom: () => void): void {
    if (!this.#isClosed) this.#waiting.set(onRoom, { room: Math.min(bytes, this.#limit), wokenAt: undefined })
  }

  /** The caller has what it needs, or gives up. */
  stopWaiting(onRoom: () => void): void {
    if (this.#waiting.delete(onRoom)) this.#wakeThoseThatFit()
  }

  /** Turns a part that was set aside into `held` bytes that are held, and gives the rest back. */
  hold(reserved: number, held: number): void {
    if (this.#isClosed) return
    this.#setAside -= reserved
    this.release(reserved - held)
  }

  /** Gives held bytes back. */
  release(bytes: number): void {
    if (bytes <= 0 || this.#isClosed) return
    this.#used -= bytes
    this.#wakeThoseThatFit()
  }

  /** Ends the budget: nothing counts as held any more, and nobody waits. */
  end(): void {
    this.#isClosed = true
    this.#used = 0
    this.#setAside = 0
    this.#waiting.clear()
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
  }

  /** What is left once all earlier callers have what they need, in bytes. May be negative. */
  #leftFor(onRoom: () => void): number {
    let left = this.#limit - this.#used
    for (const [earlier, { room }] of this.#waiting) {
      if (earlier === onRoom) break
      left -= room
    }
    return left
  }

  #wakeThoseThatFit(): void {
    // A copy, because a caller may take its room at once, or wait again.
    const waiting = [...this.#waiting]
    for (const [onRoom, waiter] of waiting) {
      if (this.#waiting.get(onRoom) !== waiter) continue
      if (this.#leftFor(onRoom) < waiter.room) return
      if (waiter.wokenAt !== undefined) continue
      waiter.wokenAt = this.#clock.now()
      this.#timer ??= this.#clock.startTimer(() => this.#dropExpiredClaims(), CLAIM_MILLIS)
      onRoom()
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
    this.#setAside += enlarged - reserved
    return enlarged
  }
}
