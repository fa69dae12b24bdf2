// SPDX-License-Identifier: Apache-2.0
import { seedFromEnvironment } from '@spanring/test-kit/random'
import { test } from 'vitest'
import { expectFillerMayDie, expectSenderMayDie } from './mortal-thread.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

test('the thread that takes slabs and gives them back is terminated at random 500 times', { timeout: 400_000 }, async () => {
  await expectSenderMayDie(500, seed)
})

test('the thread that fills slabs is terminated at random 500 times', { timeout: 400_000 }, async () => {
  await expectFillerMayDie(500, seed)
})
