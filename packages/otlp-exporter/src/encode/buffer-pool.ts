// SPDX-License-Identifier: Apache-2.0

/** What a batch starts with, in bytes: 512 spans of ten short attributes fit without growing. */
const FIRST_BYTES = 512 * 1024
/** Idle buffers kept, in bytes: a few batches in flight at once, and little beside the 32 MiB they may hold. */
const KEPT_BYTES = 8 * 1024 * 1024
/** A larger buffer is not kept: whatever needed it was an exception. In bytes. */
const LARGEST_KEPT_BYTES = 4 * 1024 * 1024
/** How long a size must not have been needed before buffers of that size are let go, in milliseconds. */
const QUIET_MILLIS = 30_000
/** How much larger than the need a buffer may be and still be kept. */
const GENEROUS_FACTOR = 4

/**
 * Buffers for batches, used again: memory fresh from the system has its pages faulted in one by one, which costs about as
 * much as encoding into them. Has no timer: buffers are let go when others are given back, or by `trim`.
 */
export class BufferPool {
  /** The last one given back is the first one taken, while the processor's caches still hold it. */
  readonly #idle: { readonly buffer: Buffer; readonly since: number }[] = []
  #idleBytes = 0
  readonly #now: () => number
  #periodEndsAt: number
  /** The most that one batch came to, in this period and in the one before. */
  #peak = 0
  #previousPeak = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#periodEndsAt = now() + QUIET_MILLIS
  }

  /** Size of all buffers that wait here, in bytes. */
  get idleBytes(): number {
    return this.#idleBytes
  }

  take(): Buffer {
    return this.takeAtLeast(FIRST_BYTES)
  }

  takeAtLeast(size: number): Buffer {
    const last = this.#idle.at(-1)
    if (last === undefined || last.buffer.length < size) return Buffer.allocUnsafeSlow(size)
    this.#idle.pop()
    this.#idleBytes -= last.buffer.length
    return last.buffer
  }

  /** Takes a buffer back that nobody reads any more; `used` is how much of it was written. */
  give(buffer: Buffer, used: number): void {
    const now = this.#now()
    this.#observe(now, used)
    this.trim(now)
    const need = Math.max(FIRST_BYTES, this.#peak, this.#previousPeak)
    const { length } = buffer
    if (length < FIRST_BYTES || length > Math.min(need * GENEROUS_FACTOR, LARGEST_KEPT_BYTES)) return
    if (this.#idleBytes + length > KEPT_BYTES) return
    this.#idle.push({ buffer, since: now })
    this.#idleBytes += length
  }

  /** Lets go of what has not been taken for a while. */
  trim(now: number = this.#now()): void {
    while (this.#idle[0] !== undefined && now - this.#idle[0].since >= QUIET_MILLIS) {
      this.#idleBytes -= this.#idle[0].buffer.length
      this.#idle.shift()
    }
  }

  #observe(now: number, used: number): void {
    if (now >= this.#periodEndsAt) {
      this.#previousPeak = this.#peak
      this.#peak = 0
      this.#periodEndsAt = now + QUIET_MILLIS
    }
    if (used > this.#peak) this.#peak = used
  }
}
