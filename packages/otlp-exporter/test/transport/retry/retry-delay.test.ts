// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMillis, parseRetryAfter } from '../../../src/transport/retry/retry-delay.js'

const DEFAULTS = { maxAttempts: Infinity, initialBackoffMillis: 1000, maxBackoffMillis: 5000, multiplier: 1.5, jitter: true }

test('the limit grows by the factor up to the cap', () => {
  const limits = [1, 2, 3, 4, 5, 6, 1000].map((count) => backoffMillis({ ...DEFAULTS, jitter: false }, count, () => 0.5))
  expect(limits).toEqual([1000, 1500, 2250, 3375, 5000, 5000, 5000])
})

test('jitter draws from the whole range below the limit, but never nothing', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (count, drawn) => {
      const millis = backoffMillis(DEFAULTS, count, () => drawn)
      expect(millis).toBeGreaterThanOrEqual(100)
      expect(millis).toBeLessThanOrEqual(5000)
    }),
  )
  expect(backoffMillis(DEFAULTS, 1, () => 0.5)).toBe(500)
  expect(backoffMillis({ ...DEFAULTS, initialBackoffMillis: 5 }, 1, () => 0)).toBe(5)
})

test('Retry-After is seconds or a date in the future', () => {
  const now = Date.UTC(2026, 0, 1)
  const cases: [string | undefined, number | undefined][] = [
    ['1', 1000],
    [' 120 ', 120_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
    ['Thu Jan  1 00:00:30 2026 GMT', 30_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
    ...[undefined, '', '0', '-5', '1.5', '1e3', '0x10', 'garbage', 'soon, please', 'NaN', 'Infinity'].map(
      (value): [string | undefined, undefined] => [value, undefined],
    ),
  ]
  for (const [value, millis] of cases) expect([value, parseRetryAfter(value, now)]).toEqual([value, millis])
})
