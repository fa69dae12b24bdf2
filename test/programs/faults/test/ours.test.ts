// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { faultsOf } from '../src/outcome.js'
import { runInChild } from '../src/run-in-child.js'
import { SCENARIOS } from '../src/scenarios/index.js'

// Each in a process of its own, and most of the time of each is waiting.
describe.concurrent('nothing hangs, is lost without a count, crashes or is left behind', () => {
  test.each(SCENARIOS.map(({ id, title }) => [id, title] as const))('%s: %s', async (id) => {
    const outcome = await runInChild('ours', id)

    expect(outcome.ended, 'the scenario ends no span').toBeGreaterThan(0)
    expect(faultsOf(outcome), JSON.stringify(outcome, undefined, 2)).toEqual([])
  })
})
