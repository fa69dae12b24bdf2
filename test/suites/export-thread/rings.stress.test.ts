// SPDX-License-Identifier: Apache-2.0
import { seedFromEnvironment } from '@spanring/test-kit/random'
import { test } from 'vitest'
import { expectPumped } from './pump.js'

const MILLION = 1_000_000
const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

test.each([
  ['the smallest ring', 2, MILLION],
  ['a small ring', 16, 10 * MILLION],
  ['a large ring', 4096, 10 * MILLION],
])('%s: %i slabs, %i numbers arrive in order, there and back', { timeout: 400_000 }, async (_, slabCount, count) => {
  await expectPumped({ slabCount, count, start: 2 ** 32 - count / 2, seed })
})

test('a million slabs are whole, and owned by one thread at a time', { timeout: 120_000 }, async () => {
  await expectPumped({ slabCount: 8, count: MILLION, start: 2 ** 31 - MILLION / 2, hasSlabs: true, seed })
})
