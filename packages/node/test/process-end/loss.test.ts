// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { describeLoss, unsentOf } from '../../src/process-end/loss.js'
import { sumStats } from '../../src/pipeline/sum-stats.js'

const NONE = { queue_full: 0, already_shutdown: 0, shutdown: 0, invalid_span: 0 }

function stats(counts: Partial<ReturnType<typeof sumStats>>): ReturnType<typeof sumStats> {
  return { ...sumStats([]), ...counts }
}

describe('describeLoss', () => {
  test('counts every span that has ended and was not delivered, each reason once', () => {
    const counts = { ended: 100, exported: 50, queued: 1, inFlight: 2, failed: { shutdown: 3, timeout: 4 } }
    const loss = describeLoss(stats({ ...counts, dropped: { ...NONE, shutdown: 10, already_shutdown: 30 } }))

    expect(loss).toBe(
      '50 of 100 spans were not delivered (30 already_shutdown, 13 shutdown, 4 timeout, 1 still queued, 2 still being sent)',
    )
  })

  test('counts what is stored in memory as lost, and names what is kept on disk', () => {
    const loss = describeLoss(stats({ ended: 100, exported: 50, stored: 50, kept: 30 }))

    expect(loss).toBe('20 of 100 spans were not delivered (20 still stored); 30 are kept on disk')
  })

  test('is silent when what was not delivered is kept on disk', () => {
    expect(describeLoss(stats({ ended: 100, exported: 70, stored: 30, kept: 30 }))).toBeUndefined()
  })

  test('is silent when all were delivered', () => {
    expect(describeLoss(stats({ ended: 100, exported: 100 }))).toBeUndefined()
  })
})

test('unsentOf counts what this process still has to send', () => {
  expect(unsentOf(stats({ ended: 31, exported: 5, queued: 1, encoded: 2, inFlight: 3, stored: 20, kept: 8 }))).toBe(18)
})

test('sumStats adds up what several processors count, each reason by its name', () => {
  const one = stats({ ended: 5, exported: 1, failed: { timeout: 1 }, dropped: { ...NONE, queue_full: 3 }, queueCapacity: 10 })
  const other = stats({
    ended: 7,
    queued: 1,
    inFlight: 2,
    stored: 6,
    kept: 4,
    failed: { timeout: 1, http_400: 3 },
    queueCapacity: 20,
  })

  expect(sumStats([one, other])).toEqual({
    ended: 12,
    exported: 1,
    queued: 1,
    encoded: 0,
    inFlight: 2,
    stored: 6,
    kept: 4,
    dropped: { ...NONE, queue_full: 3 },
    failed: { timeout: 2, http_400: 3 },
    abandonedExports: 0,
    queueCapacity: 30,
  })
})
