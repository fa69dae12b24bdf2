// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { measureInterruptions } from '../src/interruptions.js'
import { renderTables } from '../src/report/tables.js'
import { environment } from './measured.js'

/** A clock that moves 1 µs at every look, and by what `gap` says at every thousandth. */
function clock(gapMillis: number): () => number {
  let looks = 0
  let now = 0
  return () => {
    now += ++looks % 1000 === 0 ? gapMillis : 0.001
    return now
  }
}

test('a machine that stops every millisecond for a tenth of one is told', () => {
  const { perSecond, medianMicros } = measureInterruptions(clock(0.1))
  // One in 1.099 ms.
  expect(perSecond).toBeGreaterThanOrEqual(905)
  expect(perSecond).toBeLessThanOrEqual(915)
  expect(medianMicros).toBe(100)
})

test('what is as short as a call of its own is none', () => {
  expect(measureInterruptions(clock(0.024))).toEqual({ perSecond: 0, medianMicros: 0 })
})

test('the line above the tables says so; that of older results does not', () => {
  const line = (change: object): string =>
    renderTables({ environment: { ...environment, ...change }, scenarios: [], runs: [], largestRates: [] })
  const still = 'A loop that only reads the clock stood still for 25 µs or more 1,200 times a second, for 74 µs at the median.'
  expect(line({ interruptions: { perSecond: 1200, medianMicros: 74 } })).toContain(still)
  expect(line({})).not.toContain('stood still')
})
