// SPDX-License-Identifier: Apache-2.0

/**
 * What a flush waits for: until every span admitted before a sequence number has left, that is, was exported, lost or kept.
 * It never waits for spans that end later, so a flush completes even under constant load.
 */
export interface FlushBarrier {
  /** The first sequence number that is not covered. */
  readonly target: number
  /** Whether every covered span has left. */
  isDone: boolean
  /** Called whenever some spans have left, and when every covered span has left. Set by the waiter. */
  wake: () => void
  /** The first error among the batches that held a covered span. */
  error?: unknown
}

/** The barriers of all flushes under way. */
export class FlushBarriers {
  readonly #open = new Set<FlushBarrier>()

  open(target: number): FlushBarrier {
    const barrier = { target, isDone: false, wake() {} }
    this.#open.add(barrier)
    return barrier
  }

  /** Whether no flush is under way. */
  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  /** Removes a barrier whose flush no longer waits. */
  close(barrier: FlushBarrier): void {
    this.#open.delete(barrier)
  }

  /** Records the error of a failed batch whose first span has this sequence number. */
  fail(firstSequence: number, error: unknown): void {
    for (const barrier of this.#open) {
      if (barrier.target > firstSequence) barrier.error ??= error
    }
  }

  /** Call this when every span before this sequence number has left. */
  settle(oldestOutstanding: number): void {
    for (const barrier of this.#open) {
      // The set is in the order of the targets.
      if (barrier.target > oldestOutstanding) return
      this.#open.delete(barrier)
      barrier.isDone = true
      barrier.wake()
    }
  }

  /** Call this when some spans have left. */
  progress(): void {
    for (const barrier of this.#open) barrier.wake()
  }
}
