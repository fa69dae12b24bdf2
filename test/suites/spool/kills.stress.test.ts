// SPDX-License-Identifier: Apache-2.0
import { setupDirectory } from '@spanring/test-kit/directory'
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import { killWriters } from './kills.js'

/** Of one directory; the log of all its processes is read again for each. */
const KILLS = 250

test.each(Array.from({ length: 40 }, (_, round) => round))('10,000 kills, %i of 40', { timeout: 600_000 }, async (round) => {
  const { appended, sentTwice, torn } = await killWriters(
    KILLS,
    setupDirectory(),
    new SeededRandom(seedFromEnvironment() + round),
  )
  expect(appended).toBeGreaterThan(KILLS)
  console.log(`${KILLS} kills: ${appended} records appended, ${sentTwice} sent twice, ${torn} torn`)
})
