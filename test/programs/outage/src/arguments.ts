// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import { SDK_LINES } from '@spanring/sdk-lines'
import type { SdkLine } from '@spanring/sdk-lines'
import { seedFromEnvironment } from '@spanring/test-kit/random'

/** The stock processor with the stock exporter; ours in the thread of the application; ours with the export thread. */
export const CONTENDERS = ['stock', 'ours', 'ours-thread'] as const
export type ContenderName = (typeof CONTENDERS)[number]

export interface OutageArguments {
  readonly contenders: readonly ContenderName[]
  /** How long the backend is away. */
  readonly seconds: number
  readonly beforeSeconds: number
  readonly afterSeconds: number
  /** Spans a second. */
  readonly rate: number
  readonly hasSpool: boolean
  /** How often the application is killed while the backend is away. */
  readonly kills: number
  readonly seed: number
  readonly sdk: SdkLine
  /** A file for every figure. */
  readonly json: string | undefined
}

export const USAGE: string = `npm run outage -- [options]

  --seconds N       how long the backend is away, 1 to 86,400; default 60
  --rate N          spans a second, 1 to 100,000; default 10000
  --contenders X    of ${CONTENDERS.join(', ')}, with commas in between, one after the other; default all
  --spool           ours has a spool, in a directory that is removed at the end
  --kills N         kills the application so often while the backend is away, and starts it again; default 0
  --before N        seconds before the outage; default 5
  --after N         seconds after it; default 20
  --seed S          of the moments of the kills, as SEED=S
  --sdk LINE        the line of the SDK that makes the spans: ${SDK_LINES.join(' or ')}; default 2.12
  --json FILE       writes every figure

Ends with 1 if ours has lost or doubled a span that it must not.`

/** Undefined when help is asked for; throws a RangeError for what cannot be. */
export function parseArguments(args: readonly string[]): OutageArguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      rate: { type: 'string', default: '10000' },
      contenders: { type: 'string', default: CONTENDERS.join(',') },
      spool: { type: 'boolean', default: false },
      kills: { type: 'string', default: '0' },
      before: { type: 'string', default: '5' },
      after: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(seedFromEnvironment()) },
      sdk: { type: 'string', default: '2.12' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const seconds = numberIn('seconds', values.seconds, 1, 86_400)
  const kills = numberIn('kills', values.kills, 0, 1000)
  if (!Number.isInteger(kills)) throw new RangeError(`--kills is ${kills}; must be whole`)
  // A process that has hardly started has ended nothing, and shows nothing.
  if (kills > seconds / 2) throw new RangeError(`--kills is ${kills}; at most one in two seconds of the outage`)
  return {
    contenders: values.contenders.split(',').map((name) => oneOf('contenders', name, CONTENDERS)),
    seconds,
    beforeSeconds: numberIn('before', values.before, 0.1, 86_400),
    afterSeconds: numberIn('after', values.after, 0, 86_400),
    rate: numberIn('rate', values.rate, 1, 100_000),
    hasSpool: values.spool,
    kills,
    seed: numberIn('seed', values.seed, 0, 2 ** 32 - 1),
    sdk: oneOf('sdk', values.sdk, SDK_LINES),
    json: values.json,
  }
}

function numberIn(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new RangeError(`--${name} is ${text}; must be ${least}..${most}`)
  return value
}

function oneOf<Name extends string>(option: string, name: string, known: readonly Name[]): Name {
  const found = known.find((one) => one === name)
  if (found === undefined) throw new RangeError(`--${option} has ${name}; must be of ${known.join(', ')}`)
  return found
}
