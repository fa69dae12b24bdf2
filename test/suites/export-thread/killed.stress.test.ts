// SPDX-License-Identifier: Apache-2.0
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { test } from 'vitest'
import { killUnderLoad } from './killed.js'
import { expectNothingLeft } from './nothing-left.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

const ROUNDS = 25

test('the export thread is killed 1,000 times at random under load', { timeout: 600_000 }, async () => {
  const random = new SeededRandom(seed)
  // Ten pipelines at once, 40 kills together: every second one goes on without a thread.
  const round = (): Promise<unknown> =>
    Promise.all([3, 5, 3, 5, 4, 4, 3, 5, 3, 5].map((kills) => killUnderLoad(kills, random.fork())))
  const total = { kills: 0, ended: 0, lost: 0 }
  await expectNothingLeft(round, async () => {
    for (let i = 0; i < ROUNDS; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one round after the other
      for (const { kills, ended, lost } of (await round()) as Awaited<ReturnType<typeof killUnderLoad>>[]) {
        total.kills += kills
        total.ended += ended
        total.lost += lost
      }
    }
  })
  console.log(`${total.kills} kills: ${total.ended} spans, ${total.lost} lost in requests`)
})
