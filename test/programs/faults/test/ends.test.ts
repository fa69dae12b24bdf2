// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { isOrderly, uncounted } from '../src/ends/describe-end.js'
import { endInChild } from '../src/ends/end-in-child.js'
import { ENDINGS, HOW } from '../src/ends/ending.js'
import type { EndOutcome, Ending } from '../src/ends/ending.js'

/** In place of 500: beside other tests a thread may not get a core for that long. */
const PATIENT_MILLIS = 10_000

const CASES = ENDINGS.map((ending) => [`${HOW[ending.how]}; backend ${ending.backend}`, ending] as const)

/** What is true of either exporter. Returns what is on stderr. */
function expectEnd({ how, backend }: Ending, { ended, code, wasKilled, said }: EndOutcome): string {
  const text = said.join('\n')
  expect(wasKilled).toBe(false)
  expect(code, text).toBe(how === 'exception' ? 1 : 0)
  expect(ended).toBeGreaterThan(0)
  // An exception of the application is its own, and nothing of ours stands beside it.
  if (backend !== 'dead') expect(text.replace('Error: a bug of the application', '').trim()).toBe('')
  return text
}

describe.concurrent('a process under load', () => {
  test.each(CASES)('%s', async (_, ending) => {
    const outcome = await endInChild('ours', ending)
    const { ended, arrived, lost, pending } = outcome
    const said = expectEnd(ending, outcome)

    if (isOrderly(ending)) {
      expect({ pending, uncounted: uncounted(outcome) }).toEqual({ pending: 0, uncounted: 0 })
      expect({ arrived, lost }).toEqual(ending.backend === 'dead' ? { arrived: 0, lost: ended } : { arrived: ended, lost: 0 })
    } else {
      // What has not arrived is lost, and is what the processor has not seen the end of.
      expect(pending).toBeGreaterThanOrEqual(uncounted(outcome))
    }
    if (ending.backend === 'dead' && isOrderly(ending)) expect(said).toContain(`lost ${ended} `)
  })
})

describe.concurrent('with the export thread everything arrives, or is counted as lost, however the process ends', () => {
  test.each(CASES)('%s', async (_, ending) => {
    const outcome = await endInChild('ours with the thread', ending, PATIENT_MILLIS)
    const { ended, arrived, lost } = outcome
    expectEnd(ending, outcome)

    expect({ arrived, lost }).toEqual(ending.backend === 'dead' ? { arrived: 0, lost: ended } : { arrived: ended, lost: 0 })
  })
})
