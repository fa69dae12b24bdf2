// SPDX-License-Identifier: Apache-2.0

interface Waiter {
  readonly count: number
  readonly settle: (error?: Error) => void
}

/** Calls that wait for spans. Each is settled once: by enough spans, by its own deadline, or when the sink is closed. */
export class SpanWaiters {
  readonly #waiters = new Set<Waiter>()

  /** Call this only for a count that is not reached yet. `progress` is for the error message of a time-out. */
  async wait(count: number, timeoutMillis: number, progress: () => string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        count,
        settle: (error) => {
          clearTimeout(timer)
          this.#waiters.delete(waiter)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      const timer = setTimeout(() => {
        waiter.settle(new Error(`waited ${timeoutMillis} ms for ${count} spans; ${progress()}`))
      }, timeoutMillis)
      this.#waiters.add(waiter)
    })
  }

  wake(count: number): void {
    for (const waiter of this.#waiters) if (count >= waiter.count) waiter.settle()
  }

  failAll(error: Error): void {
    for (const waiter of this.#waiters) waiter.settle(error)
  }
}
