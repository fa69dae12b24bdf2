// SPDX-License-Identifier: Apache-2.0
import { seedFromEnvironment } from '@spanring/test-kit/random'
import { describe, test } from 'vitest'
import { expectPumped, expectStreamed } from './pump.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

describe('between two threads that sleep until they are woken, every number arrives, in order', () => {
  test.each([
    [2, 20_000],
    [8, 50_000],
    [1024, 500_000],
  ])('through rings of %i, there and back (%i numbers)', async (slabCount, count) => {
    await expectPumped({ slabCount, count, seed })
  })

  test.each([
    ['2^31', 2 ** 31],
    ['2^32', 2 ** 32],
  ])('while positions grow beyond %s', async (_, limit) => {
    for (const slabCount of [2, 64]) {
      // oxlint-disable-next-line no-await-in-loop -- each has both cores
      await expectPumped({ slabCount, count: 5000, start: limit - 2500, seed })
    }
  })

  test.each([
    [2, 10_000],
    [64, 100_000],
  ])('with %i slabs, each of which is whole, and owned by one of them (%i times)', async (slabCount, count) => {
    await expectPumped({ slabCount, count, hasSlabs: true, seed })
  })
})

test.each([2, 16])('numbers arrive in order through a ring of %i whose cells are used again at once', async (slabCount) => {
  await expectStreamed(slabCount, 100_000)
})
