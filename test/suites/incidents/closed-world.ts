// SPDX-License-Identifier: Apache-2.0

interface Happening {
  readonly at: number
  readonly work: () => void
}

/** More than any twin needs: one that goes on beyond makes no progress. */
const MAX_HAPPENINGS = 10_000

/**
 * A world of its own for a naive twin: whatever is to happen in it is known here, and time jumps from one happening to
 * the next. When none is left, a promise that is still pending has nobody who could settle it: it is seen to hang, and
 * nobody had to wait for that.
 */
export class ClosedWorld {
  #now = 0
  readonly #ahead: Happening[] = []

  /** Something happens that many milliseconds from now. */
  later(work: () => void, millis = 0): void {
    const at = this.#now + millis
    const place = this.#ahead.findIndex((happening) => happening.at > at)
    this.#ahead.splice(place === -1 ? this.#ahead.length : place, 0, { at, work })
  }

  sleep(millis: number): Promise<void> {
    return new Promise((resolve) => {
      this.later(resolve, millis)
    })
  }

  /** Lets everything happen. A twin hangs when nothing is left to happen, and spins when it never gets that far. */
  async fateOf(promise: Promise<unknown>): Promise<'fulfilled' | 'rejected' | 'hangs' | 'spins'> {
    let fate: 'fulfilled' | 'rejected' | 'hangs' = 'hangs'
    promise.then(
      () => (fate = 'fulfilled'),
      () => (fate = 'rejected'),
    )
    for (let count = 0; count < MAX_HAPPENINGS; count++) {
      // oxlint-disable-next-line no-await-in-loop -- every promise that can settle does so before the next happening
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.#ahead.shift()
      if (next === undefined) return fate
      this.#now = next.at
      next.work()
    }
    return fate === 'hangs' ? 'spins' : fate
  }
}
