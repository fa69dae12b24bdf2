// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { RUNTIMES, startWorker } from './worker.js'
import type { WorkerOptions } from './worker.js'

const NOTHING_DROPPED = { queue_full: 0, already_shutdown: 0, shutdown: 0, invalid_span: 0 }

const WORKERS: WorkerOptions[] = (Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[]).flatMap((runtime) =>
  (['module', 'request'] as const).flatMap((madeIn) =>
    [['nodejs_compat'], ['no_nodejs_compat']].map((flags) => ({ runtime, madeIn, flags })),
  ),
)

describe.each(WORKERS)('on $runtime, made in the scope of a $madeIn, with $flags', (options) => {
  /** Of the module scope itself. */
  const first = options.madeIn === 'module' ? 1 : 0

  test('spans of many requests are delivered, flushed by each of them', async () => {
    const { request, delivered, log } = await startWorker(options)
    for (let i = 1; i <= 5; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await request(7, 'with waitUntil')
      // oxlint-disable-next-line no-await-in-loop
      await expect.poll(delivered, { timeout: 5000 }).toBe(first + 7 * i)
    }
    await Promise.all(Array.from({ length: 10 }, () => request(7, 'with waitUntil')))
    await Promise.all(Array.from({ length: 10 }, () => request(7, 'awaited')))
    expect(delivered()).toBe(first + 175)
    expect(await request(0)).toMatchObject({ exported: first + 175, queued: 0, dropped: NOTHING_DROPPED, failed: {} })
    expect(log()).not.toContain('Error')
  })

  test('spans of requests that do not flush are delivered with the next flush, batch after batch', async () => {
    const { request, delivered, log } = await startWorker(options)
    for (const spans of [5, 250, 2000]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (let i = 0; i < 3; i++) await request(spans / 5)
      // oxlint-disable-next-line no-await-in-loop
      await request((spans / 5) * 2, 'awaited')
    }
    expect(delivered()).toBe(first + 2255)
    expect(await request(0)).toMatchObject({ exported: first + 2255, dropped: NOTHING_DROPPED, failed: {} })
    expect(log()).not.toContain('Error')
  })

  test('an export that dies with its request is counted, and holds up nothing for longer than its time', async () => {
    const { request, ignore, log } = await startWorker(options)
    ignore(first + 20)
    const { inFlight } = await request(20, 'unattended')
    await request(10, 'with waitUntil')
    await expect.poll(async () => (await request(0)).exported, { timeout: 5000 }).toBeGreaterThan(0)
    await request(10, 'awaited')
    // A first turn that used up its budget has left them to the flush that came next.
    const lost = inFlight === 0 ? {} : { timeout: first + 20 }
    const exported = first + 40 - (lost.timeout ?? 0)
    expect(await request(0)).toMatchObject({ exported, queued: 0, inFlight: 0, failed: lost })
    expect(log()).not.toContain('Error')
  })
})
