// SPDX-License-Identifier: Apache-2.0
import { Program } from '@spanring/test-kit/program'
import { expect } from 'vitest'
import { bundle } from '../bundle.mjs'

/** Found within so many seeds, most of them much sooner. */
const MOST_SEEDS = 10_000
/** Thousands of seeds take a busy machine minutes; the test has a limit of its own. */
const LIMIT_MILLIS = 280_000

/** The simulator finds a mutation. */
export async function expectFound(name: string): Promise<void> {
  const args = ['--until-found', '--seeds', String(MOST_SEEDS)]
  const { code, stdout } = await new Program(await bundle('main', name), args, { limitMillis: LIMIT_MILLIS }).ended

  expect(stdout).toMatch(/^seed \d+: /m)
  expect(code).toBe(0)
}
