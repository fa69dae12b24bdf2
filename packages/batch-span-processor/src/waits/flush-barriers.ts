// SPDX-License-Identifier: Apache-2.0

/**
 * What a flush waits for: every span admitted before a sequence number has left. Spans that end later are never waited
 * for, so a flush ends even under constant load.
 */
export interface FlushBarrier {
  /** The first sequence number that is not covered. */
  readonly target: number
  /** Whether every covered span has left. */
  isDone: boolean
  /** Called when every covered span has left, and whenever some spans have left. Set by the waiter. */
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

  /** Forgets a barrier whose flush has stopped waiting. */
  close(barrier: FlushBarrier): void {
    this.#open.delete(barrier)
  }

  /** A batch whose first span has this sequence number has failed. */
  fail(firstSequence: number, error: unknown): void {
    for (const barrier of this.#open) {
      if (barrier.target > firstSequence) barrier.error ??= error
    }
  }

  /** Everything before this sequence number has left. */
  settle(oldestOutstanding: number): void {
    for (const barrier of this.#open) {
      // They were opened in the order of their targets.
      if (barrier.target > oldestOutstanding) return
      this.#open.delete(barrier)
      barrier.isDone = true
      barrier.wake()
    }
  }

  /** Some spans have left. */
  progress(): void {
    for (const barrier of this.#open) barrier.wake()
  }
}
