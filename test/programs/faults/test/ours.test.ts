// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { ContenderName } from '../src/contender.js'
import { faultsOf } from '../src/outcome.js'
import type { Outcome } from '../src/outcome.js'
import { runInChild } from '../src/run-in-child.js'
import { SCENARIOS } from '../src/scenarios/index.js'

// Each in a process of its own, and most of the time of each is waiting.
describe.concurrent('nothing hangs, is lost without a count, crashes or is left behind', () => {
  test.each(SCENARIOS.map(({ id, title }) => [id, title] as const))('%s: %s', async (id) => {
    await expectNoFault('ours', id)
  })

  const sent = SCENARIOS.filter(({ isSent }) => isSent)
  test.each(sent.map(({ id, title }) => [id, title] as const))('with the export thread, %s: %s', async (id) => {
    const { said } = await expectNoFault('ours with the thread', id)
    expect(said.join('\n'), 'the thread is not used').not.toContain('SPANRING_EXPORT_THREAD')
  })
})

async function expectNoFault(contender: ContenderName, id: string): Promise<Outcome> {
  const outcome = await runInChild(contender, id)
  expect(outcome.ended, 'the scenario ends no span').toBeGreaterThan(0)
  expect(faultsOf(outcome), JSON.stringify(outcome, undefined, 2)).toEqual([])
  return outcome
}
