// SPDX-License-Identifier: Apache-2.0
import type { Environment } from '../environment.js'
import { count, figure, markdownTable } from '../markdown-table.js'
import { median } from '../quantiles.js'
import type { PairName } from './pair.js'
import type { PipelineRun } from './play-scenario.js'
import type { Scenario } from './scenarios.js'

type Figure = readonly [title: string, of: (run: PipelineRun) => number]

const MIB = 2 ** 20

const FIGURES: readonly Figure[] = [
  ['onEnd p50 µs', (run) => run.onEndMicros.p50],
  ['p99 µs', (run) => run.onEndMicros.p99],
  ['p99.9 µs', (run) => run.onEndMicros.p999],
  ['max µs', (run) => run.onEndMicros.max],
  ['loop p50 ms', (run) => run.loopDelayMillis.p50],
  ['p99 ms', (run) => run.loopDelayMillis.p99],
  ['main µs/span', (run) => run.mainThreadMicrosPerSpan],
  ['CPU µs/span', (run) => run.cpuMicrosPerSpan],
  ['end ms', (run) => run.endMillis],
]

const OUTAGE_FIGURES: readonly Figure[] = [
  ['buffered MiB', (run) => run.mostBufferedBytes / MIB],
  ['heap MiB', (run) => run.mostHeapBytes / MIB],
  ['RSS MiB', (run) => run.mostRssBytes / MIB],
]

/** What is divided by what, within each round; `floor` is taken off both first. */
const RATIOS: readonly (readonly [title: string, of: (run: PipelineRun) => number, isAboveNoop: boolean, target: number])[] = [
  ['onEnd p50', (run) => run.onEndMicros.p50, false, 1],
  ['onEnd p99', (run) => run.onEndMicros.p99, false, 1],
  ['onEnd p99.9', (run) => run.onEndMicros.p999, false, 1000],
  ['event-loop delay p99 above noop', (run) => run.loopDelayMillis.p99, true, 10],
  ['main-thread time above noop', (run) => run.mainThreadMicrosPerSpan, true, 2.5],
  ['CPU time above noop', (run) => run.cpuMicrosPerSpan, true, 2.2],
]

export function environmentLine({ node, cpu, cores, loadAverage, commit, uncommitted }: Environment): string {
  const state = uncommitted.length > 0 ? ' with uncommitted changes' : ''
  return `SDK 2.12, Node ${node}, ${cpu}, ${cores} cores, load average ${loadAverage[0]} at the start, commit ${commit.slice(0, 9)}${state}.`
}

/** One line for a run that has just ended. */
export function progressLine(run: PipelineRun): string {
  const verdict = run.voidReasons.length > 0 ? ` · VOID: ${run.voidReasons.join('; ')}` : ''
  return (
    `${run.scenario} · round ${run.round} · ${run.pair.padEnd(8)} · p99.9 ${figure(run.onEndMicros.p999)} µs · ` +
    `${count(run.ended)} ended, ${count(run.delivered)} delivered${verdict}`
  )
}

export function renderScenario(scenario: Scenario, runs: readonly PipelineRun[]): string {
  const figures = scenario.outage === undefined ? FIGURES : [...FIGURES, ...OUTAGE_FIGURES]
  const rows = scenario.pairs.flatMap((pair) => rowsOf(pair, runs, figures))
  const titles = figures.map(([title]) => title)
  const notes = [
    ...(scenario.name === 'steady' ? ratioLines(runs) : []),
    ...runs.flatMap(outageLines),
    ...runs.flatMap((run) => run.voidReasons.map((reason) => `- void: ${run.pair}, round ${run.round}: ${reason}`)),
  ]
  return [
    `### ${scenario.title}`,
    markdownTable(['pair', 'ended', 'delivered', 'lost', 'counted', ...titles], rows),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ].join('\n\n')
}

function rowsOf(pair: PairName, runs: readonly PipelineRun[], figures: readonly Figure[]): string[][] {
  const all = runs.filter((run) => run.pair === pair)
  const valid = all.filter((run) => run.voidReasons.length === 0)
  const total = (of: (run: PipelineRun) => number): number => valid.reduce((sum, run) => sum + of(run), 0)
  const ended = total((run) => run.ended)
  const delivered = total((run) => run.delivered)
  const counted = total((run) => run.dropped + run.failed)
  const cells = pair === 'noop' ? ['–', '–', '–'] : [count(delivered), count(ended - delivered), count(counted)]
  const rows = [[pair, count(ended), ...cells, ...figures.map(([, of]) => figure(median(valid.map(of))))]]
  if (all.length > 1) {
    const label = valid.length === all.length ? '' : `${all.length - valid.length} of ${all.length} runs void`
    rows.push([label, '', '', '', '', ...figures.map(([, of]) => rangeOf(valid.map(of)))])
  }
  return rows
}

function ratioLines(runs: readonly PipelineRun[]): string[] {
  return RATIOS.map(([title, of, isAboveNoop, target]) => {
    const ratios = runs
      .filter((run) => run.pair === 'spanring')
      .flatMap((ours) => {
        const stock = peer(runs, ours, 'stock')
        const noop = peer(runs, ours, 'noop')
        if (stock === undefined || noop === undefined) return []
        const floor = isAboveNoop ? of(noop) : 0
        return [(of(stock) - floor) / (of(ours) - floor)]
      })
    const middle = median(ratios)
    return `- ${title}: stock / spanring = ${figure(middle)} (${rangeOf(ratios)}); target ≥ ${figure(target)}: ${middle >= target ? 'holds' : 'MISSED'}`
  })
}

function outageLines({ outage, pair }: PipelineRun): string[] {
  if (outage === undefined) return []
  const { attempts, mostAtOnce, firstSuccessMillis } = outage
  const back = firstSuccessMillis === undefined ? 'none in 30 s' : `${figure(firstSuccessMillis / 1000)} s after it`
  return [`- ${pair}: ${attempts} connections in the outage, at most ${mostAtOnce} at once; first answer ${back}`]
}

function peer(runs: readonly PipelineRun[], run: PipelineRun, pair: PairName): PipelineRun | undefined {
  return runs.find((other) => other.pair === pair && other.round === run.round && other.voidReasons.length === 0)
}

function rangeOf(values: readonly number[]): string {
  return values.length === 0 ? '–' : `${figure(Math.min(...values))}–${figure(Math.max(...values))}`
}
