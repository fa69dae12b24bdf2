// SPDX-License-Identifier: Apache-2.0
import type { SdkLine } from '@spanring/sdk-lines'
import { isSame, NOOP, OURS, pairName, SPANRING, STOCK } from '../contender.js'
import type { Contender, Pair } from '../contender.js'
import type { Run } from '../end-to-end/play.js'
import type { Scenario } from '../end-to-end/scenario.js'
import { median } from '../quantiles.js'

/** One figure over the rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Figure {
  readonly title: string
  readonly of: (run: Run) => number
  /** What the processor that does nothing needs in the same round is taken off. */
  readonly isAboveNoop?: boolean
}

export type FigureName =
  | 'onEndP50'
  | 'onEndP99'
  | 'onEndP999'
  | 'onEndMax'
  | 'loopP50'
  | 'loopP99'
  | 'loopMax'
  | 'main'
  | 'cpu'
  | 'gc'
  | 'allocated'
  | 'wire'
  | 'rss'
  | 'peakRss'
  | 'retained'
  | 'buffered'
  | 'end'

/** Every figure of a run that a table or a chart shows. */
export const FIGURES: Readonly<Record<FigureName, Figure>> = {
  onEndP50: { title: 'onEnd p50 µs', of: (run) => run.onEndMicros.p50 },
  onEndP99: { title: 'p99 µs', of: (run) => run.onEndMicros.p99 },
  onEndP999: { title: 'p99.9 µs', of: (run) => run.onEndMicros.p999 },
  onEndMax: { title: 'max µs', of: (run) => run.onEndMicros.max },
  loopP50: { title: 'loop p50 ms', of: (run) => run.loopDelayMillis.p50 },
  loopP99: { title: 'p99 ms', of: (run) => run.loopDelayMillis.p99 },
  loopMax: { title: 'max ms', of: (run) => run.loopDelayMillis.max },
  main: { title: 'main thread µs', of: (run) => run.mainThreadMicrosPerSpan ?? NaN, isAboveNoop: true },
  cpu: { title: 'CPU µs', of: (run) => run.cpuMicrosPerSpan, isAboveNoop: true },
  gc: { title: 'GC µs', of: (run) => run.gcMicrosPerSpan, isAboveNoop: true },
  allocated: { title: 'heap B', of: (run) => run.allocatedBytesPerSpan, isAboveNoop: true },
  wire: { title: 'wire B', of: (run) => run.wireBytesPerSpan },
  rss: { title: 'RSS MiB', of: (run) => run.rssBytes / 2 ** 20 },
  peakRss: { title: 'peak RSS MiB', of: (run) => run.peakRssBytes / 2 ** 20 },
  retained: { title: 'retained heap MiB', of: (run) => (run.retainedHeapBytes ?? NaN) / 2 ** 20 },
  buffered: { title: 'buffered MiB', of: (run) => run.mostBufferedBytes / 2 ** 20 },
  end: { title: 'end ms', of: (run) => run.endMillis },
}

export interface Summary {
  readonly contender: Contender
  /** Runs that count, of how many. */
  readonly valid: number
  readonly runs: number
  /** Totals over the runs that count. */
  readonly ended: number
  readonly delivered: number
  readonly lost: number
  /** Of the lost ones, those that the contender itself reports. */
  readonly counted: number
  spread(name: FigureName): Spread
}

export function summarise(scenario: Scenario, runs: readonly Run[]): Summary[] {
  const played = runs.filter((run) => run.scenario === scenario.name)
  return scenario.contenders.map((contender) => {
    const all = played.filter((run) => isSame(run, contender))
    const valid = all.filter(isValid)
    const total = (of: (run: Run) => number): number => valid.reduce((sum, run) => sum + of(run), 0)
    const ended = total((run) => run.ended)
    const delivered = total((run) => run.delivered)
    return {
      contender,
      valid: valid.length,
      runs: all.length,
      ended,
      delivered,
      lost: contender.processor === 'noop' ? 0 : ended - delivered,
      counted: total((run) => run.dropped + run.failed),
      spread: (name) => spread(valid.map((run) => valueOf(played, run, FIGURES[name]))),
    }
  })
}

export interface Ratio {
  readonly title: string
  readonly sdkLine: SdkLine
  readonly ours: Pair
  /** Stock divided by ours, within each round. */
  readonly ratio: Spread
  /** Rounds that the ratio is made of: those with a run that counts of everything it needs. */
  readonly rounds: number
  /** The least that is promised. */
  readonly target: number
}

/** The last two are without and with the export thread. */
const TARGETS: readonly (readonly [name: FigureName, title: string, target: number, withThread: number])[] = [
  ['onEndP50', 'onEnd p50', 1, 1],
  ['onEndP99', 'onEnd p99', 1, 1],
  ['onEndP999', 'onEnd p99.9', 1500, 1500],
  ['loopP99', 'event-loop delay p99 above no-op', 15, 15],
  ['main', 'main-thread time above no-op', 3, 2.7],
  ['cpu', 'CPU time above no-op', 2.5, 2],
]

/** From pairs of the same round, which had the same machine; one that has no peer in its round, or a void one, is left out. */
export function ratiosOf(scenario: Scenario, runs: readonly Run[]): Ratio[] {
  const played = runs.filter((run) => run.scenario === scenario.name)
  const wanted = scenario.contenders.filter((contender) => OURS.some((pair) => pairName(pair) === pairName(contender)))
  return wanted.flatMap(({ sdkLine, ...ours }) =>
    TARGETS.map(([name, title, target, withThread]) => {
      const isInThread = pairName(ours) === pairName(SPANRING)
      const figure: Figure = name === 'loopP99' ? { ...FIGURES.loopP99, isAboveNoop: true } : FIGURES[name]
      const ratios = compareRounds(played, { ...ours, sdkLine }, { ...STOCK, sdkLine }, (run, stock) =>
        ratioOf(valueOf(played, stock, figure), valueOf(played, run, figure)),
      )
      const rounds = ratios.filter((ratio) => !Number.isNaN(ratio)).length
      return { title, sdkLine, ours, ratio: spread(ratios), rounds, target: isInThread ? target : withThread }
    }),
  )
}

/** Of each round in which the runs of both contenders count. */
export function compareRounds(
  runs: readonly Run[],
  contender: Contender,
  other: Contender,
  compare: (run: Run, other: Run) => number,
): number[] {
  return runs
    .filter((run) => isSame(run, contender) && isValid(run))
    .flatMap((run) => {
      const found = peer(runs, run, other)
      return found === undefined ? [] : [compare(run, found)]
    })
}

/** Without end when ours is not above the floor: the floor moves a little too. NaN where a round had no floor. */
export function ratioOf(stock: number, ours: number): number {
  if (Number.isNaN(stock) || Number.isNaN(ours)) return NaN
  return ours > 0 ? stock / ours : Infinity
}

/** NaN where the floor is not known. */
export function valueOf(runs: readonly Run[], run: Run, { of, isAboveNoop = false }: Figure): number {
  if (!isAboveNoop) return of(run)
  const floor = peer(runs, run, { ...NOOP, sdkLine: run.sdkLine })
  return floor === undefined ? NaN : of(run) - of(floor)
}

function peer(runs: readonly Run[], run: Run, contender: Contender): Run | undefined {
  return runs.find((other) => isSame(other, contender) && other.round === run.round && isValid(other))
}

function isValid(run: Run): boolean {
  return run.voidReasons.length === 0
}

export function spread(values: readonly number[]): Spread {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return { median: NaN, min: NaN, max: NaN }
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) }
}
