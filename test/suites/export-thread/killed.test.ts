// SPDX-License-Identifier: Apache-2.0
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { captureDiag } from '@spanring/test-kit/diag'
import { expect, test } from 'vitest'
import { expectNothingLeft } from './nothing-left.js'
import { DEATHS, killUnderLoad } from './killed.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

test(
  'the export thread is killed 50 times at random under load: the books close, and nothing is left',
  { timeout: 60_000 },
  async () => {
    const lines = captureDiag()
    const random = new SeededRandom(seed)
    const killAll = async (kills: readonly number[]): Promise<void> => {
      const done = await Promise.all(kills.map((count) => killUnderLoad(count, random.fork())))
      console.log(done.map(({ kills: count, ended, lost }) => `${count} kills: ${ended} spans, ${lost} lost`).join('\n'))
    }
    await expectNothingLeft(
      () => killAll([1, 4, DEATHS]),
      // At once: some go on with a thread, the others without.
      () => killAll([2, 3, 4, 4, 4, 4, 4, DEATHS, DEATHS, DEATHS]),
    )
    expect(lines.filter((line) => line.includes('spans are sent from this thread'))).toHaveLength(4)
  },
)
