// SPDX-License-Identifier: Apache-2.0

/**
 * What a flush waits for: that every span admitted before a sequence number has left. Spans that end later are never
 * waited for, so a flush ends even under constant load.
 */
export interface FlushTicket {
  /** The first sequence number that is not covered. */
  readonly target: number
  /** Whether every covered span has left. */
  isDone: boolean
  /** Called when that is so, and when some of them have left; whoever waits puts something of its own here. */
  wake: () => void
  /** The first error among the batches that held a covered span. */
  error?: unknown
}

export class FlushTickets {
  readonly #open = new Set<FlushTicket>()

  open(target: number): FlushTicket {
    const ticket = { target, isDone: false, wake() {} }
    this.#open.add(ticket)
    return ticket
  }

  /** Whether nobody waits for anything to leave. */
  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  /** Forgets a ticket whose holder has stopped waiting. */
  close(ticket: FlushTicket): void {
    this.#open.delete(ticket)
  }

  /** A batch whose first span has this sequence number has failed. */
  fail(firstSequence: number, error: unknown): void {
    for (const ticket of this.#open) {
      if (ticket.target > firstSequence) ticket.error ??= error
    }
  }

  /** Everything before this sequence number has left. */
  settle(oldestOutstanding: number): void {
    for (const ticket of this.#open) {
      // In the order in which they were opened, and so of their targets.
      if (ticket.target > oldestOutstanding) return
      this.#open.delete(ticket)
      ticket.isDone = true
      ticket.wake()
    }
  }

  /** Some spans have left. */
  progress(): void {
    for (const ticket of this.#open) ticket.wake()
  }
}
