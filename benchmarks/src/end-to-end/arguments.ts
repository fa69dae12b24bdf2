// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import type { Scenario } from './scenario.js'
import { allScenarios } from './scenarios.js'

export interface BenchArguments {
  readonly scenarios: readonly Scenario[]
  /** Also search the largest rate without loss. */
  readonly searchesRate: boolean
  readonly isQuick: boolean
  /** Instead of what each scenario says. */
  readonly rounds: number | undefined
  readonly json: string | undefined
  /** Whether to write the file that pages are made of. */
  readonly isSaved: boolean
}

/** What a filter has to match for the search of the largest rate. */
const SEARCH = 'largest rate'

export const USAGE: string = `npm run bench -- [options] [filter]

  filter          a regular expression; only the scenarios whose name matches
  --rounds N      rounds of each scenario, every contender once in each
  --quick         one short round of each: a look, not a result
  --json FILE     write every figure of every run
  --save          put them into the file of this day and processor in benchmarks/results, beside what it has of other
                  scenarios; npm run bench:report makes pages of the newest

scenarios: ${[...allScenarios(false).map(({ name }) => name), SEARCH].join(' · ')}`

/** Undefined when help is asked for; throws an error for anything that is no option. */
export function parseArguments(args: readonly string[]): BenchArguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'string' },
      save: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new RangeError(`--rounds is ${values.rounds}; must be a positive whole number`)
  }
  const filter = new RegExp(positionals[0] ?? '')
  const scenarios = allScenarios(values.quick).filter(({ name }) => filter.test(name))
  const searchesRate = filter.test(SEARCH)
  if (scenarios.length === 0 && !searchesRate) throw new RangeError(`no scenario matches ${filter.source}`)
  return { scenarios, searchesRate, isQuick: values.quick, rounds, json: values.json, isSaved: values.save }
}
