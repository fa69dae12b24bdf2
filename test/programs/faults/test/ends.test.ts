// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { CONTENDERS_WITH_SPOOL } from '../src/contender.js'
import { isOrderly, uncounted } from '../src/ends/describe-end.js'
import { endInChild } from '../src/ends/end-in-child.js'
import { ENDINGS, HOW, SPOOL_ENDINGS } from '../src/ends/ending.js'
import type { EndOutcome, Ending } from '../src/ends/ending.js'

/** In place of 500: beside other tests a thread may not get a core for that long. */
const PATIENT_MILLIS = 10_000

const casesOf = (endings: readonly Ending[]): (readonly [string, Ending])[] =>
  endings.map((ending) => [`${HOW[ending.how]}; backend ${ending.backend}`, ending] as const)
const CASES = casesOf(ENDINGS)

/** What is true of either exporter. Returns what is on stderr. */
function expectEnd({ how, backend }: Ending, { ended, code, wasKilled, said }: EndOutcome): string {
  const text = said.join('\n')
  expect(wasKilled).toBe(false)
  expect(code, text).toBe(how === 'exception' ? 1 : how === 'kill' ? null : 0)
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

describe.concurrent('with a spool everything arrives, in this process or in the next', () => {
  for (const contender of CONTENDERS_WITH_SPOOL) {
    test.each(casesOf(SPOOL_ENDINGS))(`%s; ${contender}`, async (_, ending) => {
      const outcome = await endInChild(contender, ending, PATIENT_MILLIS)
      const { ended, arrived, lost, next } = outcome
      expectEnd(ending, outcome)

      if (ending.how === 'kill') {
        expect(arrived).toBeLessThanOrEqual(ended)
        return
      }
      expect(arrived, JSON.stringify(outcome)).toBe(ended)
      expect(lost).toBe(0)
      expect({ code: 0, failed: 0, ...next }).toMatchObject({ code: 0, failed: 0 })
    })
  }
})
