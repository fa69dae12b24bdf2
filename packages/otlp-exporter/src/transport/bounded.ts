// SPDX-License-Identifier: Apache-2.0
import { MAX_TIMER_MILLIS } from './clock.js'
import type { Clock } from './clock.js'

/** How a bounded wait ended. */
export type Settled<T> =
  | { readonly status: 'done'; readonly value: T }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'timeout' }
  | { readonly status: 'aborted' }

export interface Bound {
  /** When the wait ends at the latest, on the clock's scale; Infinity without a limit. */
  readonly at: number
  readonly signal?: AbortSignal | undefined
  /** Somebody awaits this: an otherwise idle process stays alive until it has settled. */
  readonly keepAlive?: boolean
}

/**
 * The only way to wait for anything here. It never rejects and settles by its own timer, whatever `work` does: throw,
 * reject, settle twice, or stay silent. Everything but the first outcome is ignored; no timer or listener is left behind.
 *
 * When the timer fires, I/O gets one more turn before the wait is given up: after a stall of the event loop, however
 * short, the answer may lie in a socket's buffer, and delivered batches would be reported as timed out.
 */
export function bounded<T>(clock: Clock, bound: Bound, work: () => T | PromiseLike<T>): Promise<Settled<T>> {
  return new Promise((resolve) => {
    const { at, signal, keepAlive = false } = bound
    let isSettled = false
    let stopTimer = (): void => {}

    const settle = (outcome: Settled<T>): void => {
      if (isSettled) return
      isSettled = true
      stopTimer()
      signal?.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    const onAbort = (): void => settle({ status: 'aborted' })
    const onTimer = (): void => {
      if (clock.now() < at) startTimer()
      else clock.soon(() => settle({ status: 'timeout' }))
    }
    const startTimer = (): void => {
      const delayMillis = Math.min(Math.max(Math.ceil(at - clock.now()), 0), MAX_TIMER_MILLIS)
      stopTimer = clock.startTimer(onTimer, delayMillis, keepAlive)
    }

    if (signal?.aborted === true) {
      onAbort()
      return
    }
    signal?.addEventListener('abort', onAbort)
    startTimer()
    const onError = (error: unknown): void => settle({ status: 'failed', error })
    try {
      const result = work()
      if (isThenable(result)) result.then((value) => settle({ status: 'done', value }), onError)
      else settle({ status: 'done', value: result })
    } catch (error) {
      onError(error)
    }
  })
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
