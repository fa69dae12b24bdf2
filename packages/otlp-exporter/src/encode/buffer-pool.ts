// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core'
import type { Clock, Timer } from '@spanring/core'

/** The smallest buffer, in bytes. */
const SMALLEST = 4 * 1024
/** How many sizes there are between one power of two and the next. At most a ninth of a buffer is wasted. */
const STEPS = 8
/** The usual size before any batch was observed, in bytes. */
const FIRST = 128 * 1024
/** How many of the last batches determine the usual size. */
const REMEMBERED = 16
/** How long an idle buffer is kept, in milliseconds. */
const IDLE_MILLIS = 30_000

/**
 * How much memory there is in front of every buffer, in bytes: `buffer.byteOffset` is at least this. What a request says before
 * its first span is written there, so that the spans need not be copied. Memory that is shared with another thread also has
 * {@link HEADER_BYTES} for what the two have to tell each other.
 */
export const FRONT_BYTES = 4096
/** How much of {@link FRONT_BYTES} no request may use, in bytes. */
export const HEADER_BYTES = 128

/** Where the memory of buffers comes from. */
export interface Memory {
  /** A buffer of that many bytes, with {@link FRONT_BYTES} in front of it. */
  allocate(bytes: number): Buffer
  /** Called when the pool forgets a buffer. Somebody may still be reading it. */
  free(buffer: Buffer): void
  /** A buffer larger than this, in bytes, is an exception: it is allocated in its exact size and not kept. */
  readonly largestKept: number
  /** How many bytes of idle buffers are kept. */
  readonly keptBytes: number
}

const MIB = 1024 * 1024

/** Memory that only this thread can reach. The garbage collector frees it. */
const ownMemory: Memory = {
  allocate: (bytes) => Buffer.allocUnsafeSlow(FRONT_BYTES + bytes).subarray(FRONT_BYTES),
  free: () => {},
  largestKept: 4 * MIB,
  // Enough for a few batches in flight, but small next to their limit of 64 MiB.
  keptBytes: 16 * MIB,
}

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
  readonly #memory: Memory
  /** Set while there are idle buffers. */
  #timer: Timer | undefined
  /** Sizes of the last batches, in bytes. */
  readonly #sizes = new Float64Array(REMEMBERED).fill(FIRST)
  #batchCount = 0
  #usual = FIRST
  #isClosed = false

  constructor(memory: Memory = ownMemory, clock: Pick<Clock, 'now' | 'startTimer' | 'stopTimer'> = systemClock) {
    this.#memory = memory
    this.#clock = clock
  }

  /** The total size of all idle buffers, in bytes. */
  get idleBytes(): number {
    return this.#idleBytes
  }

  /** The size of the buffer that holds `size` bytes. */
  sizeOf(size: number): number {
    if (size > this.#memory.largestKept) return size
    if (size <= SMALLEST) return SMALLEST
    const step = 2 ** (31 - Math.clz32(size - 1)) / STEPS
    return Math.ceil(size / step) * step
  }

  /** A buffer of `least` to `most` bytes in which a batch of the usual size fits without growing. */
  takeUsual(most: number, least = 0): Buffer {
    return this.take(Math.min(Math.max(this.#usual, least), most), most)
  }

  /** A buffer of at least `size` bytes and at most `most`. */
  take(size: number, most: number = Infinity): Buffer {
    const rounded = Math.min(this.sizeOf(size), most)
    const idle = this.#idle.get(rounded)?.pop()
    if (idle === undefined) return this.#memory.allocate(rounded)
    this.#idleBytes -= rounded
    return idle.buffer
  }

  /** Gives a buffer back. It must not be read, written or given back again after this. */
  give(buffer: Buffer): void {
    const { length } = buffer
    if (length === 0) return
    const { keptBytes, largestKept } = this.#memory
    const isExact = length > largestKept || length !== this.sizeOf(length)
    if (this.#isClosed || isExact || this.#idleBytes + length > keptBytes) {
      this.#memory.free(buffer)
      return
    }
    const since = this.#clock.now()
    const idle = this.#idle.get(length)
    if (idle === undefined) this.#idle.set(length, [{ buffer, since }])
    else idle.push({ buffer, since })
    this.#idleBytes += length
    this.#timer ??= this.#clock.startTimer(() => this.#trim(), IDLE_MILLIS)
  }

  /** Gives up a buffer that somebody may still be reading. It is not used again. */
  abandon(buffer: Buffer): void {
    if (buffer.length > 0) this.#memory.free(buffer)
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
    this.#usual = Math.min(second, this.#memory.largestKept)
  }

  /** Frees all idle buffers. Buffers that are given back later are not kept. */
  close(): void {
    this.#isClosed = true
    this.#clock.stopTimer(this.#timer)
    this.#timer = undefined
    for (const idle of this.#idle.values()) for (const { buffer } of idle) this.#memory.free(buffer)
    this.#idle.clear()
    this.#idleBytes = 0
  }

  /** Frees buffers that have been idle for a while. Runs again as long as any are left. */
  #trim(): void {
    const now = this.#clock.now()
    for (const [length, idle] of this.#idle) {
      while (idle[0] !== undefined && now - idle[0].since >= IDLE_MILLIS) {
        this.#memory.free(idle[0].buffer)
        idle.shift()
        this.#idleBytes -= length
      }
      if (idle.length === 0) this.#idle.delete(length)
    }
    this.#timer = this.#idleBytes > 0 ? this.#clock.startTimer(() => this.#trim(), IDLE_MILLIS) : undefined
  }
}
