// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import { SDK_LINES } from '@spanring/sdk-lines'
import type { SdkLine } from '@spanring/sdk-lines'
import { seedFromEnvironment } from '@spanring/test-kit/random'

export interface StormArguments {
  /** Of all seeds together. */
  readonly seconds: number
  readonly seeds: readonly number[]
  readonly sdk: SdkLine
  /** Spans are sent from a thread of their own. */
  readonly worker: boolean
}

export const USAGE: string = `npm run storm -- [options]

  --seconds N   how long, 1 to 86,400, for all seeds together; default 60
  --seed S      repeats the choices of an earlier storm, as SEED=S does; --seed takes several, with commas in between
  --sdk LINE    the line of the SDK that makes the spans: ${SDK_LINES.join(' or ')}; default 2.12
  --worker      spans are sent from a thread of their own`

/** Undefined when help is asked for; throws a RangeError for what cannot be. */
export function parseArguments(args: readonly string[]): StormArguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(seedFromEnvironment()) },
      sdk: { type: 'string', default: '2.12' },
      worker: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const seconds = Number(values.seconds)
  if (!(seconds >= 1 && seconds <= 86_400)) throw new RangeError(`--seconds is ${values.seconds}; must be 1..86400`)
  const seeds = values.seed.split(',').map(Number)
  if (!seeds.every((seed) => Number.isInteger(seed) && seed >= 0)) throw new RangeError(`--seed is ${values.seed}; must be whole`)
  const sdk = SDK_LINES.find((line) => line === values.sdk)
  if (sdk === undefined) throw new RangeError(`--sdk is ${values.sdk}; must be ${SDK_LINES.join(' or ')}`)
  return { seconds, seeds, sdk, worker: values.worker }
}
