// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { SilenceLimit } from '../../../src/transport/retry/silence-limit.js'

test('a kept connection may be silent for a third of what is left, but a second, and ten without a deadline', () => {
  const limit = new SilenceLimit()
  expect(limit.suspectAt(1000, 11_000)).toBeCloseTo(1000 + 10_000 / 3)
  expect(limit.suspectAt(0, 2000)).toBe(1000)
  expect(limit.suspectAt(0, 60_000)).toBe(10_000)
  expect(limit.suspectAt(0, Infinity)).toBe(10_000)
})

test('where too little would be left for another try there is none', () => {
  const limit = new SilenceLimit()
  expect(limit.suspectAt(0, 1400)).toBe(Infinity)
  limit.record(2500)
  expect(limit.suspectAt(0, 10_000)).toBe(Infinity)
})

test('a backend that takes its time is given three times of it, until it is faster again', () => {
  const limit = new SilenceLimit()
  limit.record(2000)
  expect(limit.suspectAt(0, 10_000)).toBe(6000)
  for (let answer = 0; answer < 30; answer++) limit.record(10)
  expect(limit.suspectAt(0, 10_000)).toBeCloseTo(10_000 / 3)
})
