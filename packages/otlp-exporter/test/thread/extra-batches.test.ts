// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { resolveOptions } from '../../src/config/settings.js'
import { extraBatches } from '../../src/thread/extra-batches.js'

const settings = resolveOptions({ concurrencyLimit: 10 }, {})

test('two batches more cross for each connection while outcomes come soon', () => {
  expect(extraBatches(settings, false, 0)).toBe(20)
  expect(extraBatches(settings, false, 499)).toBe(20)
})

test.each([
  ['the backend is down', settings, true, 0],
  ['a batch has no outcome for half a second', settings, false, 500],
  ['each needs a call of the application', resolveOptions({ headers: () => ({}) }, {}), false, 0],
])('none more crosses where %s', (_what, given, isDown, oldestMillis) => {
  expect(extraBatches(given, isDown, oldestMillis)).toBe(0)
})
