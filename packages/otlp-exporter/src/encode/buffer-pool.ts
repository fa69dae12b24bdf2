// SPDX-License-Identifier: Apache-2.0

/** Sizes are powers of two between these, in bytes. What is larger was an exception, has its exact size and is not kept. */
const SMALLEST = 16 * 1024
const LARGEST_KEPT = 4 * 1024 * 1024
/** What a batch starts with before there has been one, in bytes. */
const FIRST = 128 * 1024
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
 * which costs eight times what copying into it does. Has no timer: buffers are let go when others are given back, or by
 * `trim`.
 */
export class BufferPool {
  /** By size. The last one given back is the first one taken, while the processor's caches still hold it. */
  readonly #idle = new Map<number, Idle[]>()
  #idleBytes = 0
  readonly #now: () => number
  #periodEndsAt: number
  /** The most that one batch came to, in this period and in the one before. */
  #peak = FIRST
  #previousPeak = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#periodEndsAt = now() + QUIET_MILLIS
  }

  /** Size of all buffers that wait here, in bytes. */
  get idleBytes(): number {
    return this.#idleBytes
  }

  /** One in which a batch like those before fits without growing. */
  takeUsual(): Buffer {
    return this.take(Math.max(this.#peak, this.#previousPeak))
  }

  /** One of at least `size` bytes. */
  take(size: number): Buffer {
    const rounded = roundedUp(size)
    const idle = this.#idle.get(rounded)?.pop()
    if (idle === undefined) return Buffer.allocUnsafeSlow(rounded)
    this.#idleBytes -= rounded
    return idle.buffer
  }

  /** Takes a buffer back that nobody reads any more. */
  give(buffer: Buffer): void {
    const { length } = buffer
    const now = this.#now()
    this.trim(now)
    if (length < SMALLEST || length > LARGEST_KEPT || this.#idleBytes + length > KEPT_BYTES) return
    const idle = this.#idle.get(length)
    if (idle === undefined) this.#idle.set(length, [{ buffer, since: now }])
    else idle.push({ buffer, since: now })
    this.#idleBytes += length
  }

  /** Lets go of what has not been taken for a while. */
  trim(now: number = this.#now()): void {
    for (const [length, idle] of this.#idle) {
      while (idle[0] !== undefined && now - idle[0].since >= QUIET_MILLIS) {
        idle.shift()
        this.#idleBytes -= length
      }
    }
  }

  /** What a batch came to, in bytes; the next ones begin with that much. */
  observe(used: number): void {
    const now = this.#now()
    if (now >= this.#periodEndsAt) {
      this.#previousPeak = this.#peak
      this.#peak = 0
      this.#periodEndsAt = now + QUIET_MILLIS
    }
    if (used > this.#peak) this.#peak = used
  }
}

function roundedUp(size: number): number {
  if (size > LARGEST_KEPT) return size
  return size <= SMALLEST ? SMALLEST : 2 ** (32 - Math.clz32(size - 1))
}
