// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QUIET_MILLIS, nextQuietAt } from '../../../src/transport/connection/quiet-time.js'

test.each([
  [0, 0, 1050],
  [1050, 0, 1050],
  [1051, 0, 2150],
  [250, 500, 1050],
  [800, 500, 2150],
])('from %i ms on, at least %i ms away, it is quiet at %i ms', (now, least, at) => {
  expect(nextQuietAt(now, least)).toBe(at)
})

test('whoever looks, and whenever, it is quiet at the same times, and again after an attempt of the longest kind', () => {
  const times = fc.double({ min: 0, max: 1e7, noNaN: true })
  fc.assert(
    fc.property(times, times, (one, other) => {
      const apart = Math.abs(nextQuietAt(one, 500) - nextQuietAt(other, 1000)) % 1100
      expect(Math.min(apart, 1100 - apart)).toBeLessThan(1e-6)
      const at = nextQuietAt(one, 500)
      // Those that begin when it is over have until the next one.
      for (const least of [500, 1000]) expect(nextQuietAt(at + QUIET_MILLIS, least)).toBeCloseTo(at + 1100, 6)
    }),
  )
})
