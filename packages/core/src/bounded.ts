// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from './clock.js'

/** How a bounded wait ended. */
export type Settled<T> =
  | { readonly status: 'done'; readonly value: T }
  | { readonly status: 'failed'; readonly error: unknown }
  /** `error` is the reason of the signal; undefined if `end` was aborted. */
  | { readonly status: 'aborted'; readonly error?: unknown }
  | { readonly status: 'timeout' }

/** The error of a wait that failed, or the reason for which it was aborted. */
export function errorIn(settled: Settled<unknown>): unknown {
  return 'error' in settled ? settled.error : undefined
}

export interface Bound {
  /** When the wait ends at the latest, on the clock's scale; Infinity without a limit. */
  readonly at: number
  readonly signal?: AbortSignal | undefined
  /** A second signal that ends the wait. */
  readonly end?: AbortSignal | undefined
  /** Keeps an otherwise idle process alive until the wait has settled, because a caller awaits it. */
  readonly keepAlive?: boolean
}

/**
 * The only way to wait for anything here. It never rejects and settles by its own timer, whatever `work` does: throw,
 * reject, return a broken thenable, settle twice, or stay silent. Only the first outcome counts, and no timer or listener
 * is left behind.
 *
 * When the timer fires, I/O gets one more turn. After a stall of the event loop the answer may lie in a socket's buffer,
 * and delivered batches would be reported as timed out. This holds for every timer, not only for a late one: of two waits
 * for the same answer with bounds close together, one is late and the other is not.
 *
 * A wait without a limit still holds a timer, so that `keepAlive` works for it too.
 */
export function bounded<T>(clock: Clock, bound: Bound, work: () => T | PromiseLike<T>): Promise<Settled<T>> {
  return new Promise((resolve) => {
    const { at, signal, end, keepAlive } = bound
    let timer: Timer | undefined

    // May run again without harm: a promise keeps its first outcome.
    const settle = (outcome: Settled<T>): void => {
      clock.stopTimer(timer)
      signal?.removeEventListener('abort', onAbort)
      end?.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    const onAbort = (): void => settle({ status: 'aborted', error: signal?.reason })
    const onTimer = (): void => {
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

    if (signal?.aborted || end?.aborted) {
      onAbort()
      return
    }
    signal?.addEventListener('abort', onAbort)
    end?.addEventListener('abort', onAbort)
    startTimer()
    void run()
  })
}
