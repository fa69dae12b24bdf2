// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { spinMainThread } from './spin-main-thread.js'

function endedWell(spans: number): object {
  return { delivered: spans, refused: 500, code: 0, stderr: '', said: `exported: ${spans}` }
}

// With one span more, whose answer shows how long the backend takes.
test('everything that was handed over arrives while the main thread spins, a retry included', async () => {
  expect(await spinMainThread('thread', 3000)).toEqual({
    ...endedWell(20_001),
    handedOver: 20_001,
    arrived: 20_001,
  })
})

// Shows that the test above can fail.
test('without the export thread nothing arrives before the main thread is free again', async () => {
  const { handedOver, arrived, ...rest } = await spinMainThread('none', 500)
  expect(handedOver).toBe(15_000)
  expect(arrived).toBe(0)
  expect(rest).toEqual(endedWell(20_000))
})
