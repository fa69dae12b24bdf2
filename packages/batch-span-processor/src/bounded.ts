// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from './clock.js'

/** How a bounded wait ended: `done` with a value, `failed` or `aborted` with an error. */
export interface Settled<T> {
  readonly status: 'done' | 'failed' | 'aborted' | 'timeout'
  readonly value?: T
  readonly error?: unknown
}

export interface Bound {
  /** When the wait ends at the latest, on the clock's scale; Infinity without a limit. */
  readonly at: number
  readonly signal?: AbortSignal | undefined
  /** Ends the wait as the other signal does. */
  readonly end?: AbortSignal | undefined
  /** Somebody awaits this: an otherwise idle process stays alive until it has settled. */
  readonly keepAlive?: boolean
}

/**
 * The only way to wait for anything here. It never rejects and settles by its own timer, whatever `work` does: throw,
 * reject, return a broken thenable, settle twice, or stay silent. Everything but the first outcome is ignored, and no
 * timer or listener is left behind.
 *
 * When the timer fires, I/O gets one more turn: after a stall of the event loop the answer may lie in a socket's buffer,
 * and delivered batches would be reported as timed out. Always, and not only when it is late: of two waits for the same
 * answer with bounds close together, one is late and the other is not.
 *
 * A wait without a limit still holds a timer, so that `keepAlive` works the same for it.
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
