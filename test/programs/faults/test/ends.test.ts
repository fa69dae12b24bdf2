// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { isOrderly, uncounted } from '../src/ends/describe-end.js'
import { endInChild } from '../src/ends/end-in-child.js'
import { ENDINGS, HOW } from '../src/ends/ending.js'

describe.concurrent('a process under load', () => {
  test.each(ENDINGS.map((ending) => [`${HOW[ending.how]}; backend ${ending.backend}`, ending] as const))(
    '%s',
    async (_, ending) => {
      const outcome = await endInChild('ours', ending)
      const { ended, arrived, lost, pending, code, wasKilled } = outcome
      const said = outcome.said.join('\n')

      expect(wasKilled).toBe(false)
      expect(code, said).toBe(ending.how === 'exception' ? 1 : 0)
      expect(ended).toBeGreaterThan(0)
      if (isOrderly(ending)) {
        expect({ pending, uncounted: uncounted(outcome) }).toEqual({ pending: 0, uncounted: 0 })
        expect({ arrived, lost }).toEqual(ending.backend === 'dead' ? { arrived: 0, lost: ended } : { arrived: ended, lost: 0 })
      } else {
        // What has not arrived is lost, and is what the processor has not seen the end of.
        expect(pending).toBeGreaterThanOrEqual(uncounted(outcome))
      }
      if (ending.backend === 'dead' && isOrderly(ending)) expect(said).toContain(`lost ${ended} `)
      // An exception of the application is its own, and nothing of ours stands beside it.
      if (ending.backend !== 'dead') expect(said.replace('Error: a bug of the application', '').trim()).toBe('')
    },
  )
})
