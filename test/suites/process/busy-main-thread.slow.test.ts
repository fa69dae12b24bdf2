// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { spinMainThread } from './spin-main-thread.js'

// And one span more, whose answer shows how long the backend takes.
test('20,000 spans arrive while the main thread spins for five seconds, a retry included', async () => {
  const { handedOver, arrived, delivered } = await spinMainThread('thread', 5000)
  expect({ handedOver, arrived, delivered }).toEqual({ handedOver: 20_001, arrived: 20_001, delivered: 20_001 })
})

test('without the export thread none of them does', async () => {
  expect(await spinMainThread('none', 5000)).toMatchObject({ arrived: 0, delivered: 20_000 })
})
