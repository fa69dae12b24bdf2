// SPDX-License-Identifier: Apache-2.0

/** About 10 spans per tick at 10,000 spans/s: the event loop runs between them as it does between requests. */
const TICK_MILLIS = 1

/** After a stall the loop catches up by at most so many times its usual share per tick, not in one synchronous stretch. */
const MAX_CATCH_UP = 10

export interface OpenLoop {
  readonly ratePerSecond: number
  readonly count: number
  readonly produce: () => void
}

/**
 * Calls `produce` at a steady rate that does not depend on how long it takes: what a stall delays is made up for, so a
 * slow contender gets as many spans as a fast one. Returns how many milliseconds it took.
 */
export async function runOpenLoop({ ratePerSecond, count, produce }: OpenLoop): Promise<number> {
  const startedAt = performance.now()
  const maxPerTick = Math.max(1, Math.ceil((ratePerSecond * TICK_MILLIS * MAX_CATCH_UP) / 1000))
  let produced = 0
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt
      const due = Math.min(count, Math.floor((elapsed * ratePerSecond) / 1000), produced + maxPerTick)
      try {
        for (; produced < due; produced++) produce()
      } catch (error) {
        clearInterval(timer)
        reject(error)
        return
      }
      if (produced === count) {
        clearInterval(timer)
        resolve(performance.now() - startedAt)
      }
    }, TICK_MILLIS)
  })
}
