// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'

export interface SimulatorArguments {
  readonly first: number
  readonly count: number
  /** One seed, and nothing else. */
  readonly seed: number | undefined
  readonly trace: boolean
  readonly jobs: number
  /** A rule has to be broken, and the first seed that does it is the last one. */
  readonly untilFound: boolean
  /** This process runs seeds for another one. */
  readonly isJob: boolean
}

export const USAGE: string = `npm run simulate -- [options]

  --seeds N        how many seeds to run; default 1000
  --first N        the first of them; default 1
  --jobs N         how many processes share them; default 1
  --seed N         runs one seed and says what came of it
  --trace          with --seed: writes a line for each event
  --mutation NAME  puts a bug of mutations.mjs in, and stops at the seed that finds it; "all" takes one after the other`

/** Undefined when help is asked for; throws a RangeError for what cannot be. */
export function parseArguments(args: readonly string[]): SimulatorArguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      seeds: { type: 'string' },
      first: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'until-found': { type: 'boolean', default: false },
      job: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const untilFound = values['until-found']
  const seeds = values.seeds ?? (untilFound ? '10000' : '1000')
  return {
    first: wholeNumber('--first', values.first, 0),
    count: wholeNumber('--seeds', seeds, 1),
    seed: values.seed === undefined ? undefined : wholeNumber('--seed', values.seed, 0),
    trace: values.trace,
    jobs: wholeNumber('--jobs', values.jobs, 1),
    untilFound,
    isJob: values.job,
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`${name} is ${text}; must be a whole number of ${least} or more`)
}
