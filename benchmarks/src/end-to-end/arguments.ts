// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import { nameOf } from '../contender.js'
import type { Contender } from '../contender.js'
import { rateContenders } from './largest-rate.js'
import type { Scenario } from './scenario.js'
import { allScenarios } from './scenarios.js'

export interface BenchArguments {
  /** With none but the wanted contenders. */
  readonly scenarios: readonly Scenario[]
  /** Whose largest rate without loss is searched too. */
  readonly rateContenders: readonly Contender[]
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
  --contenders X  a regular expression; only the contenders whose name matches, as tables show it: 'SDK 3.1',
                  '^(no-op|stock protobuf|spanring) · '
  --rounds N      rounds of each scenario, every contender once in each
  --quick         one short round of each: a look, not a result; fails only for spans that spanring cannot account for
  --json FILE     write every figure of every run
  --save          put them into the file of this day and processor in benchmarks/results, beside what it has of other
                  scenarios and contenders; npm run bench:report makes pages of the newest

scenarios: ${[...allScenarios(false).map(({ name }) => name), SEARCH].join(' · ')}`

/** Undefined when help is asked for; throws an error for anything that is no option. */
export function parseArguments(args: readonly string[]): BenchArguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      contenders: { type: 'string', default: '' },
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
  if (values.quick && values.save) throw new RangeError('--quick makes no results that are worth --save')
  const filter = new RegExp(positionals[0] ?? '')
  const matching = allScenarios(values.quick).filter(({ name }) => filter.test(name))
  const searching = filter.test(SEARCH) ? rateContenders(values.quick) : []
  if (matching.length === 0 && searching.length === 0) throw new RangeError(`no scenario matches ${filter.source}`)
  const wanted = new RegExp(values.contenders)
  const isWanted = (contender: Contender): boolean => wanted.test(nameOf(contender))
  const scenarios = matching
    .map((scenario) => ({ ...scenario, contenders: scenario.contenders.filter(isWanted) }))
    .filter(({ contenders }) => contenders.length > 0)
  const searched = searching.filter(isWanted)
  if (scenarios.length === 0 && searched.length === 0) {
    throw new RangeError(`no contender of these scenarios matches ${wanted.source}`)
  }
  return { scenarios, rateContenders: searched, isQuick: values.quick, rounds, json: values.json, isSaved: values.save }
}
