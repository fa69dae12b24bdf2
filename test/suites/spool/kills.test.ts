// SPDX-License-Identifier: Apache-2.0
import { setupDirectory } from '@spanring/test-kit/directory'
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import { killWriters } from './kills.js'

test('whenever a process is killed, what it had appended is sent, and nothing is read wrong', async () => {
  const seed = seedFromEnvironment()
  console.log(`SEED=${seed}`)
  const { appended } = await killWriters(40, setupDirectory(), new SeededRandom(seed))
  expect(appended).toBeGreaterThan(40)
})
