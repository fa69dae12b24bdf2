// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from './clock.js'

/** How a bounded wait ended. */
export type Settled<T> =
  | { readonly status: 'done'; readonly value: T; readonly error?: undefined }
  | { readonly status: 'failed'; readonly error: unknown }
  /** `error` is the reason of the signal. */
  | { readonly status: 'aborted'; readonly error?: unknown }
  | { readonly status: 'timeout'; readonly error?: undefined }

export interface Bound {
  /** The latest time at which the wait ends, on the clock's scale; Infinity without a limit. */
  readonly at: number
  readonly signal?: AbortSignal | undefined
  /** While the wait lasts, this set contains a function that ends it as aborted. */
  readonly ends?: Set<() => void>
  /** Keeps an otherwise idle process alive until the wait has settled, because a caller awaits it. */
  readonly keepAlive?: boolean
}

/**
 * The only way to wait for anything in spanring. It never rejects, and its own timer settles it whatever `work` does: throw,
 * reject, return a broken thenable, settle twice, or never settle. Only the first settlement counts, and no timer or
 * listener is left behind.
 *
 * When the timer fires, the event loop polls for I/O once more before the wait times out. After a stall the answer may
 * already be in a socket's buffer, and delivered batches would be reported as timed out. Every timer polls, not only a late
 * one: when two waits for the same answer have bounds that are close together, one timer may be late and the other on time.
 *
 * A wait without a limit still holds a timer, so that `keepAlive` works for it too.
 */
export function bounded<T>(clock: Clock, bound: Bound, work: () => T | PromiseLike<T>): Promise<Settled<T>> {
  return new Promise((resolve) => {
    const { at, ends, signal, keepAlive } = bound
    let timer: Timer | undefined

    // Safe to call again: a promise ignores every settlement after the first.
    const settle = (settled: Settled<T>): void => {
      clock.stopTimer(timer)
      ends?.delete(onAbort)
      signal?.removeEventListener('abort', onAbort)
      resolve(settled)
    }
    const onAbort = (): void => settle({ status: 'aborted', error: signal?.reason })
    const onTimer = (): void => {
      // The remaining time may have exceeded the longest delay of a timer.
      if (clock.now() < at) startTimer()
      else clock.soon(() => settle({ status: 'timeout' }))
    }
    const startTimer = (): void => {
      timer = clock.startTimer(onTimer, at - clock.now(), keepAlive)
    }
    const run = async (): Promise<void> => {
      try {
        settle({ status: 'done', value: await work() })
      } catch (error) {
        settle({ status: 'failed', error })
      }
    }

    if (signal?.aborted) {
      onAbort()
      return
    }
    ends?.add(onAbort)
    signal?.addEventListener('abort', onAbort)
    startTimer()
    void run()
  })
}
