// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { MAX_POLL_MILLIS, MIN_POLL_MILLIS, QUIET_LOOKS } from '../../src/limits.js'
import { ArrivalRate } from '../../src/loop/arrival-rate.js'

/** Looks every `millis` while so many spans arrive in a millisecond. */
function look(
  rate: ArrivalRate,
  { perMillisecond, millis, looks }: { perMillisecond: number; millis: number; looks: number },
): void {
  for (let i = 1; i <= looks; i++) rate.look(1000 + i * millis, Math.round(i * millis * perMillisecond))
}

test.each([
  [1, MAX_POLL_MILLIS],
  [8, MAX_POLL_MILLIS],
  [10, 8],
  [20, 4],
  [100, MIN_POLL_MILLIS],
])('at %i spans a millisecond a quarter of a batch of 512 arrives between two looks: %i ms', (perMillisecond, expected) => {
  const rate = new ArrivalRate(512)
  look(rate, { perMillisecond, millis: 16, looks: 5 })
  expect(rate.pollMillis).toBe(expected)
  expect(rate.isQuiet).toBe(false)
})

test('it is quiet after some looks that found nothing, and not because of looks in quick succession', () => {
  const rate = new ArrivalRate(512)
  look(rate, { perMillisecond: 0, millis: 1, looks: 2 })
  expect(rate.isQuiet).toBe(false)
  look(rate, { perMillisecond: 0, millis: 16, looks: QUIET_LOOKS })
  expect(rate.isQuiet).toBe(true)
  rate.begin()
  expect(rate.isQuiet).toBe(false)
  expect(rate.pollMillis).toBe(MIN_POLL_MILLIS)
})
