// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import type { RoundsOptions } from './play-rounds.js'

export interface OnEndArguments extends RoundsOptions {
  /** Where to write everything that was measured. */
  readonly json?: string | undefined
  /** Prints the report of a result file instead of measuring. */
  readonly from?: string | undefined
}

export const USAGE = `npm run bench:on-end -- [options]

  --rounds N      rounds, each with every contender once (5)
  --seconds S     measured time of each run (15)
  --warmup S      before it, counted but not timed (3)
  --rate R        spans per second (10000)
  --quick         one round of 3 s after 1 s: a look, not a result
  --json FILE     write every figure of every run
  --from FILE     print the report of such a file again
  --profile DIR   a CPU profile per run; its figures are not comparable`

/** Undefined when help is asked for; throws an error that names the option for anything that is none. */
export function parseArguments(args: readonly string[]): OnEndArguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      rate: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      from: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  if (values.help) return undefined
  const defaults = values.quick ? { rounds: 1, seconds: 3, warmup: 1 } : { rounds: 5, seconds: 15, warmup: 3 }
  return {
    rounds: integer('rounds', values.rounds, defaults.rounds),
    seconds: positive('seconds', values.seconds, defaults.seconds),
    warmupSeconds: positive('warmup', values.warmup, defaults.warmup),
    ratePerSecond: integer('rate', values.rate, 10_000),
    profileDir: values.profile,
    json: values.json,
    from: values.from,
  }
}

function positive(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text)
  if (!(value > 0 && value < Infinity)) throw new RangeError(`--${name} is ${text}; must be a positive number`)
  return value
}

function integer(name: string, text: string | undefined, fallback: number): number {
  const value = positive(name, text, fallback)
  if (!Number.isInteger(value)) throw new RangeError(`--${name} is ${text}; must be a whole number`)
  return value
}
