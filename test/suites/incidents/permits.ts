// SPDX-License-Identifier: Apache-2.0

/** A semaphore as one writes it on the first day: first come, first served, and whoever waits waits without a limit. */
export class Permits {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** With a signal the caller may stop waiting; the line does not learn of it. */
  acquire(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('no longer wanted')))
      if (this.#free === 0) {
        this.#waiting.push(resolve)
        return
      }
      this.#free--
      resolve()
    })
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
