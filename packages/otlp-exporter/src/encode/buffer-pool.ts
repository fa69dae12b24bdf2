// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'

/** The smallest buffer, in bytes. */
const SMALLEST = 4 * 1024
/** A buffer larger than this, in bytes, is an exception: it is allocated in its exact size and not kept. */
const LARGEST_KEPT = 4 * 1024 * 1024
/** How many sizes there are between one power of two and the next. At most a ninth of a buffer is wasted. */
const STEPS = 8
/** The usual size before any batch was observed, in bytes. */
const FIRST = 128 * 1024
/** How many of the last batches determine the usual size. */
const REMEMBERED = 16
/** How many bytes of idle buffers are kept: enough for a few batches in flight, but small next to their limit of 32 MiB. */
const KEPT_BYTES = 16 * 1024 * 1024
/** How long an idle buffer is kept, in milliseconds. */
const IDLE_MILLIS = 30_000

interface Idle {
  readonly buffer: Buffer
  readonly since: number
}

/**
 * Reuses the buffers of batches and requests. The pages of fresh memory are faulted in one by one, which costs eight times
 * as much as copying into them. A buffer that stays idle for a while is freed, with or without traffic.
 *
 * The pool owns the idle buffers. A caller that takes a buffer owns it, and may give it back once it is no longer being read.
 */
export class BufferPool {
  /** By size. The buffer that was given back last is taken first, while it is still in the CPU's caches. */
  readonly #idle = new Map<number, Idle[]>()
  #idleBytes = 0
  readonly #clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'>
  /** Set while there are idle buffers. */
  #timer: Timer | undefined
  /** Sizes of the last batches, in bytes. */
  readonly #sizes = new Float64Array(REMEMBERED).fill(FIRST)
  #batchCount = 0
  #usual = FIRST
  #isClosed = false

  constructor(clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'> = systemClock) {
    this.#clock = clock
  }

  /** The total size of all idle buffers, in bytes. */
  get idleBytes(): number {
    return this.#idleBytes
  }

  /** A buffer of `least` to `most` bytes in which a batch of the usual size fits without growing. */
  takeUsual(most: number, least = 0): Buffer {
    return this.take(Math.min(Math.max(this.#usual, least), most), most)
  }

  /** A buffer of at least `size` bytes and at most `most`. */
  take(size: number, most: number = Infinity): Buffer {
    const rounded = Math.min(sizeOf(size), most)
    const idle = this.#idle.get(rounded)?.pop()
    if (idle === undefined) return Buffer.allocUnsafeSlow(rounded)
    this.#idleBytes -= rounded
    return idle.buffer
  }

  /** Gives a buffer back. It must not be read, written or given back again after this. */
  give(buffer: Buffer): void {
    const { length } = buffer
    if (this.#isClosed || length > LARGEST_KEPT || length !== sizeOf(length) || this.#idleBytes + length > KEPT_BYTES) return
    const since = this.#clock.now()
    const idle = this.#idle.get(length)
    if (idle === undefined) this.#idle.set(length, [{ buffer, since }])
    else idle.push({ buffer, since })
    this.#idleBytes += length
    this.#timer ??= this.#clock.startTimer(() => this.#trim(), IDLE_MILLIS)
  }

  /**
   * Records the size of a batch, in bytes. The next batches start with the second largest of the last sizes, so that a single
   * large batch does not make all later ones allocate as much.
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

  /** Frees all idle buffers. Buffers that are given back later are not kept. */
  close(): void {
    this.#isClosed = true
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
    this.#idle.clear()
    this.#idleBytes = 0
  }

  /** Frees buffers that have been idle for a while. Runs again as long as any are left. */
  #trim(): void {
    const now = this.#clock.now()
    for (const [length, idle] of this.#idle) {
      while (idle[0] !== undefined && now - idle[0].since >= IDLE_MILLIS) {
        idle.shift()
        this.#idleBytes -= length
      }
      if (idle.length === 0) this.#idle.delete(length)
    }
    this.#timer = this.#idleBytes > 0 ? this.#clock.startTimer(() => this.#trim(), IDLE_MILLIS) : undefined
  }
}

/** The size of the buffer that holds `size` bytes. */
export function sizeOf(size: number): number {
  if (size > LARGEST_KEPT) return size
  if (size <= SMALLEST) return SMALLEST
  const step = 2 ** (31 - Math.clz32(size - 1)) / STEPS
  return Math.ceil(size / step) * step
}
