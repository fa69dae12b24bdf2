// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setupDirectory } from '@spanring/test-kit/directory'
import { Program } from '@spanring/test-kit/program'
import { expect, test } from 'vitest'
import type { RunFigures } from '../src/run-figures.js'

const outage = new URL('../dist/esm/outage.js', import.meta.url)

// What an outage of a minute costs is `npm run outage`; here nobody looks at how long anything takes.
test('a short outage costs no span, and gives none twice', async () => {
  const json = join(setupDirectory(), 'figures.json')
  const args = ['--seconds', '2', '--rate', '500', '--before', '1', '--after', '1', '--contenders', 'ours', '--json', json]
  const { code, stdout, stderr } = await new Program(outage, args).ended

  expect(stdout + stderr).not.toContain('MUST NOT BE')
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
  const { runs } = JSON.parse(readFileSync(json, 'utf8')) as { runs: RunFigures[] }
  const [run] = runs
  expect(run?.ended).toBeGreaterThan(1000)
  expect(run).toMatchObject({ delivered: run?.ended, twice: 0, requestsAgain: 0, missingOld: 0, missingYoung: 0 })
  expect(run?.account?.lost).toBe(0)
})
