// SPDX-License-Identifier: Apache-2.0
import { median } from '../quantiles.js'
import { SDK_LINES } from '../sdk-line.js'
import type { SdkLine } from '../sdk-line.js'
import { CONTENDERS } from './contender.js'
import type { Contender, ProcessorName } from './contender.js'
import type { Run } from './play-rounds.js'

/** One figure over the rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface ContenderSummary extends Contender {
  /** Runs that count, of how many. */
  readonly valid: number
  readonly runs: number
  /** Totals over the runs that count. */
  readonly ended: number
  readonly delivered: number
  readonly dropped: number
  readonly failed: number
  readonly figures: Readonly<Record<FigureName, Spread>>
}

export type FigureName =
  | 'onEndP50'
  | 'onEndP99'
  | 'onEndP999'
  | 'onEndMax'
  | 'loopP50'
  | 'loopP99'
  | 'loopMax'
  | 'cpuAboveNoop'
  | 'timerP50'

export interface Ratio {
  readonly sdkLine: SdkLine
  readonly quantile: 'p50' | 'p99' | 'p999'
  /** Stock divided by spanring, within each round. */
  readonly ratio: Spread
  /** The least that is promised. */
  readonly target: number
}

/** `onEnd` at p99.9 at most 1/300 of stock's, at p50 and p99 at most 1.1 times stock's. */
const TARGETS = { p50: 1 / 1.1, p99: 1 / 1.1, p999: 300 } as const

export function summarise(runs: readonly Run[]): ContenderSummary[] {
  return CONTENDERS.map(({ processor, sdkLine }) => {
    const all = runs.filter((run) => run.processor === processor && run.sdkLine === sdkLine)
    const valid = all.filter(isValid)
    const total = (key: 'ended' | 'delivered' | 'dropped' | 'failed'): number => valid.reduce((sum, run) => sum + run[key], 0)
    const figure = (of: (run: Run) => number): Spread => spread(valid.map(of))
    return {
      processor,
      sdkLine,
      valid: valid.length,
      runs: all.length,
      ended: total('ended'),
      delivered: total('delivered'),
      dropped: total('dropped'),
      failed: total('failed'),
      figures: {
        onEndP50: figure((run) => run.onEndMicros.p50),
        onEndP99: figure((run) => run.onEndMicros.p99),
        onEndP999: figure((run) => run.onEndMicros.p999),
        onEndMax: figure((run) => run.onEndMicros.max),
        loopP50: figure((run) => run.loopDelayMillis.p50),
        loopP99: figure((run) => run.loopDelayMillis.p99),
        loopMax: figure((run) => run.loopDelayMillis.max),
        cpuAboveNoop: figure((run) => run.cpuMicrosPerSpan - (peer(runs, run, 'noop')?.cpuMicrosPerSpan ?? NaN)),
        timerP50: figure((run) => run.timerMicros.p50),
      },
    }
  })
}

/** From pairs of the same round, which had the same machine; a pair with a void run is left out. */
export function ratiosOf(runs: readonly Run[]): Ratio[] {
  return SDK_LINES.flatMap((sdkLine) =>
    (['p50', 'p99', 'p999'] as const).map((quantile) => {
      const ratios = runs
        .filter((run) => run.processor === 'stock' && run.sdkLine === sdkLine && isValid(run))
        .flatMap((stock) => {
          const spanring = peer(runs, stock, 'spanring')
          return spanring === undefined ? [] : [stock.onEndMicros[quantile] / spanring.onEndMicros[quantile]]
        })
      return { sdkLine, quantile, ratio: spread(ratios), target: TARGETS[quantile] }
    }),
  )
}

function peer(runs: readonly Run[], run: Run, processor: ProcessorName): Run | undefined {
  return runs.find(
    (other) => other.processor === processor && other.sdkLine === run.sdkLine && other.round === run.round && isValid(other),
  )
}

function isValid(run: Run): boolean {
  return run.voidReasons.length === 0
}

function spread(values: readonly number[]): Spread {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return { median: NaN, min: NaN, max: NaN }
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) }
}
