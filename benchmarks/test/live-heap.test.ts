// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { liveHeapBytes } from '../src/end-to-end/live-heap.js'

/** Some 5 MB of objects. */
const makeObjects = (): object[] => Array.from({ length: 100_000 }, (_, i) => ({ i, j: i }))

test('the live heap has what is still in use and no garbage', () => {
  liveHeapBytes()
  const before = liveHeapBytes()
  const kept = makeObjects()
  for (let i = 0; i < 10; i++) makeObjects()
  const megabytes = (liveHeapBytes() - before) / 1e6
  expect(kept.length).toBe(100_000)
  expect(megabytes).toBeGreaterThan(2)
  expect(megabytes).toBeLessThan(10)
})
