// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import { allScenarios } from './scenarios.js'
import type { Scenario } from './scenarios.js'

export interface PipelineArguments {
  readonly scenarios: readonly Scenario[]
  /** Instead of what each scenario says. */
  readonly rounds: number | undefined
  readonly json: string | undefined
  readonly profileDir: string | undefined
}

export const USAGE: string = `npm run bench:pipeline -- [options] [filter]

  filter          a regular expression; only the scenarios whose name matches
  --rounds N      rounds of each scenario, every contender once in each
  --quick         one short round of each: a look, not a result
  --json FILE     write every figure of every run
  --profile DIR   a CPU profile per run; its figures are not comparable

scenarios: ${allScenarios(false)
  .map(({ name }) => name)
  .join(' · ')}`

/** Undefined when help is asked for; throws an error for anything that is no option. */
export function parseArguments(args: readonly string[]): PipelineArguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  if (values.help) return undefined
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new RangeError(`--rounds is ${values.rounds}; must be a positive whole number`)
  }
  const filter = new RegExp(positionals[0] ?? '')
  const scenarios = allScenarios(values.quick).filter(({ name }) => filter.test(name))
  if (scenarios.length === 0) throw new RangeError(`no scenario matches ${filter.source}`)
  return { scenarios, rounds, json: values.json, profileDir: values.profile }
}
