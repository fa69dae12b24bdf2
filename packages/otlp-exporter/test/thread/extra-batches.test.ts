// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { resolveOptions } from '../../src/config/settings.js'
import { ExtraBatches } from '../../src/thread/extra-batches.js'

const TEN = { concurrencyLimit: 10 }

/** After answers that took so long, where each batch has ten seconds. */
function after(millis: readonly number[], options: object = TEN): ExtraBatches {
  const extra = new ExtraBatches(resolveOptions(options, {}))
  extra.onSend(10_000)
  for (const each of millis) extra.onEnd(each, true)
  return extra
}

test.each([
  [0, 20],
  [1666, 20],
  [1667, 10],
  [2499, 10],
  [2500, 0],
  [10_000, 0],
])('the batches of a connection are answered in half of their time: answers of %d ms, %d batches more', (millis, count) => {
  expect(after([millis]).count(false, 0)).toBe(count)
})

test('none crosses before the first answer', () => {
  expect(after([]).count(false, 0)).toBe(0)
  const extra = after([])
  extra.onEnd(1, false)
  expect(extra.count(false, 0)).toBe(0)
})

test('the slowest of the last 32 answers counts, and one that did not come', () => {
  const extra = after([10_000])
  for (let i = 0; i < 31; i++) extra.onEnd(1, true)
  expect(extra.count(false, 0)).toBe(0)
  extra.onEnd(1, true)
  expect(extra.count(false, 0)).toBe(20)
  extra.onEnd(10_000, false)
  expect(extra.count(false, 0)).toBe(0)
})

test('a quick refusal is no fast answer', () => {
  const extra = after([10_000])
  for (let i = 0; i < 32; i++) extra.onEnd(1, false)
  expect(extra.count(false, 0)).toBe(0)
})

test.each([
  ['without a time limit', Infinity, 60_000, 20],
  ['with a short one', 300, 40, 20],
  ['with one that is too short', 300, 80, 0],
])('%s', (_what, limitMillis, millis, count) => {
  const extra = after([millis])
  extra.onSend(limitMillis)
  expect(extra.count(false, 0)).toBe(count)
})

test.each([
  ['the backend is down', TEN, true, 0],
  ['a batch has no outcome for half a second', TEN, false, 500],
  ['each needs a call of the application', { ...TEN, headers: () => ({}) }, false, 0],
])('none crosses where %s', (_what, options, isDown, oldestMillis) => {
  expect(after([1]).count(false, 499)).toBe(20)
  expect(after([1], options).count(isDown, oldestMillis)).toBe(0)
})
