// SPDX-License-Identifier: Apache-2.0
import { Program } from '@spanring/test-kit/program'
import { expect } from 'vitest'
import { bundle } from '../bundle.mjs'

/** Found within so many seeds, most of them much sooner. */
const MOST_SEEDS = 10_000

/** The simulator finds a mutation. */
export async function expectFound(name: string): Promise<void> {
  const { code, stdout } = await new Program(await bundle('main', name), ['--until-found', '--seeds', String(MOST_SEEDS)]).ended

  expect(stdout).toMatch(/^seed \d+: /m)
  expect(code).toBe(0)
}
