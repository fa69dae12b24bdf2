// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { Tracer } from '@spanring/sdk-lines'
import type { SeededRandom } from '@spanring/test-kit/random'

/** Ends spans in stretches, a few at a time and now and then thousands, until it is told to stop. */
export async function produce(tracer: Tracer, random: SeededRandom, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const count = random.chance(0.004) ? random.between(500, 4000) : random.between(1, 15)
    for (let i = 0; i < count; i++) {
      const span = tracer.startSpan('work', { attributes: { index: i, text: 'x'.repeat(random.between(0, 60)) } })
      if (i % 7 === 0) span.addEvent('event')
      span.end()
    }
    // oxlint-disable-next-line no-await-in-loop -- that is the rate
    await sleep(random.between(1, 30))
  }
}

/** How the waits ended that somebody had asked for. */
export class Waits {
  fulfilled = 0
  rejected = 0
  /** How long after its bound the latest one ended, in milliseconds. */
  latestMillis = 0
  readonly #open = new Set<string>()

  /** Of promises that have not ended. */
  get open(): readonly string[] {
    return [...this.#open]
  }

  async watch(what: string, wait: Promise<void>, boundMillis: number): Promise<void> {
    const name = `${what} within ${boundMillis} ms (${this.fulfilled + this.rejected + this.#open.size})`
    const endBy = performance.now() + boundMillis
    this.#open.add(name)
    try {
      await wait
      this.fulfilled++
    } catch {
      this.rejected++
    }
    this.#open.delete(name)
    this.latestMillis = Math.max(this.latestMillis, performance.now() - endBy)
  }
}

/**
 * Flushes again and again without waiting for the flush before, with a time-out or none, with an abort before, during,
 * after or never. A flush without a limit ends with the shutdown, at the latest.
 */
export async function flush(
  processor: BatchSpanProcessor,
  { random, signal, waits, defaultMillis }: { random: SeededRandom; signal: AbortSignal; waits: Waits; defaultMillis: number },
): Promise<void> {
  const flushes: Promise<void>[] = []
  while (!signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- that is the rate
    await sleep(random.between(1, 150))
    const timeoutMillis = random.pick([undefined, undefined, 0, 1, random.between(2, 50), random.between(50, 1000)])
    const abortMillis = random.pick([undefined, undefined, 0, random.between(1, 300)])
    const abort = abortMillis === 0 ? AbortSignal.abort() : abortMillis && AbortSignal.timeout(abortMillis)
    const bound = Math.min(timeoutMillis === 0 ? Infinity : (timeoutMillis ?? defaultMillis), abortMillis ?? Infinity)
    const options = { timeoutMillis, ...(abort ? { signal: abort } : {}) }
    flushes.push(waits.watch('a flush', processor.forceFlush(options), bound))
  }
  await Promise.all(flushes)
}
