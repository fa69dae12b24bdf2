// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'

/** What is larger was an exception, has its exact size and is not kept. In bytes. */
const SMALLEST = 4 * 1024
const LARGEST_KEPT = 4 * 1024 * 1024
/** Sizes between one power of two and the next, so that at most a ninth of a buffer is of no use. */
const STEPS = 8
/** What a batch starts with before there have been some, in bytes. */
const FIRST = 128 * 1024
/** How many batches tell what is usual. */
const REMEMBERED = 16
/** Idle buffers kept, in bytes: a few batches in flight at once, and little beside the 32 MiB they may hold. */
const KEPT_BYTES = 16 * 1024 * 1024
/** How long a buffer waits to be taken again before it is let go, in milliseconds. */
const QUIET_MILLIS = 30_000

interface Idle {
  readonly buffer: Buffer
  readonly since: number
}

/**
 * Buffers for batches and for requests, used again: memory fresh from the system has its pages faulted in one by one,
 * which costs eight times what copying into it does. What nobody takes for a while is let go, with traffic and without.
 */
export class BufferPool {
  /** By size. The last one given back is the first one taken, while the processor's caches still hold it. */
  readonly #idle = new Map<number, Idle[]>()
  #idleBytes = 0
  readonly #clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'>
  /** Set while buffers wait here. */
  #timer: Timer | undefined
  /** What the last batches came to, in bytes. */
  readonly #sizes = new Float64Array(REMEMBERED).fill(FIRST)
  #batchCount = 0
  #usual = FIRST
  #isClosed = false

  constructor(clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'> = systemClock) {
    this.#clock = clock
  }

  /** Size of all buffers that wait here, in bytes. */
  get idleBytes(): number {
    return this.#idleBytes
  }

  /** One in which a batch like those before fits without growing, of at least `least` bytes and at most `most`. */
  takeUsual(most: number, least = 0): Buffer {
    return this.take(Math.min(Math.max(this.#usual, least), most), most)
  }

  /** One of at least `size` bytes and at most `most`. */
  take(size: number, most: number = Infinity): Buffer {
    const rounded = Math.min(sizeOf(size), most)
    const idle = this.#idle.get(rounded)?.pop()
    if (idle === undefined) return Buffer.allocUnsafeSlow(rounded)
    this.#idleBytes -= rounded
    return idle.buffer
  }

  /** Takes a buffer back that nobody reads any more. */
  give(buffer: Buffer): void {
    const { length } = buffer
    if (this.#isClosed || length > LARGEST_KEPT || length !== sizeOf(length) || this.#idleBytes + length > KEPT_BYTES) return
    const since = this.#clock.now()
    const idle = this.#idle.get(length)
    if (idle === undefined) this.#idle.set(length, [{ buffer, since }])
    else idle.push({ buffer, since })
    this.#idleBytes += length
    this.#timer ??= this.#clock.startTimer(() => this.#trim(), QUIET_MILLIS)
  }

  /**
   * What a batch came to, in bytes. The next ones begin with what the second largest of the last came to: one that was an
   * exception does not make all that follow allocate as much, and none begins with what is not used again.
   */
  observe(used: number): void {
    this.#sizes[this.#batchCount++ % REMEMBERED] = used
    let largest = 0
    let second = 0
    for (let i = 0; i < REMEMBERED; i++) {
      const size = this.#sizes[i]!
      if (size > largest) {
        second = largest
        largest = size
      } else if (size > second) {
        second = size
      }
    }
    this.#usual = Math.min(second, LARGEST_KEPT)
  }

  /** The end: keeps nothing, not even what is given back later. */
  close(): void {
    this.#isClosed = true
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
    this.#idle.clear()
    this.#idleBytes = 0
  }

  /** Lets go of what has not been taken for a while, and looks again as long as there is something. */
  #trim(): void {
    const now = this.#clock.now()
    for (const [length, idle] of this.#idle) {
      while (idle[0] !== undefined && now - idle[0].since >= QUIET_MILLIS) {
        idle.shift()
        this.#idleBytes -= length
      }
      if (idle.length === 0) this.#idle.delete(length)
    }
    this.#timer = this.#idleBytes > 0 ? this.#clock.startTimer(() => this.#trim(), QUIET_MILLIS) : undefined
  }
}

/** Size of the buffer that is taken for so many bytes. */
export function sizeOf(size: number): number {
  if (size > LARGEST_KEPT) return size
  if (size <= SMALLEST) return SMALLEST
  const step = 2 ** (31 - Math.clz32(size - 1)) / STEPS
  return Math.ceil(size / step) * step
}
