// SPDX-License-Identifier: Apache-2.0
import type { Environment } from '../environment.js'
import { count, figure, markdownTable } from '../markdown-table.js'
import { nameOf } from './contender.js'
import type { Load } from './measure.js'
import type { Run } from './play-rounds.js'
import { ratiosOf, summarise } from './summary.js'
import type { ContenderSummary, FigureName, Ratio, Spread } from './summary.js'

/** What a result file holds. Everything that is printed follows from it. */
export interface Results {
  readonly environment: Environment
  readonly load: Load & { readonly rounds: number }
  readonly runs: readonly Run[]
}

const FIGURES: readonly (readonly [FigureName, string])[] = [
  ['onEndP50', 'onEnd p50 µs'],
  ['onEndP99', 'p99 µs'],
  ['onEndP999', 'p99.9 µs'],
  ['onEndMax', 'max µs'],
  ['loopP50', 'loop p50 ms'],
  ['loopP99', 'p99 ms'],
  ['loopMax', 'max ms'],
  ['cpuAboveNoop', 'CPU µs/span'],
]

const QUANTILE_NAMES = { p50: 'p50', p99: 'p99', p999: 'p99.9' } as const

/** The table, the ratios, and what was void; Markdown, for the terminal and for the README alike. */
export function renderReport({ environment, load, runs }: Results): string {
  const summaries = summarise(runs)
  const paragraphs = [
    `${count(load.ratePerSecond)} spans/s with 10 attributes, ${load.rounds} × ${load.seconds} s per contender after ` +
      `${load.warmupSeconds} s of warm-up. Median over the rounds, with the least and the greatest below. ${machine(environment)}`,
    table(summaries),
    ratiosOf(runs).map(ratioLine).join('\n'),
  ]
  const notes = [...runs.flatMap(voidLines), ...runs.flatMap((run) => rateLines(run, load.ratePerSecond))]
  if (notes.length > 0) paragraphs.push(notes.join('\n'))
  return `${paragraphs.join('\n\n')}\n`
}

/** One line for a run that has just ended. */
export function progressLine(run: Run, rounds: number): string {
  const { onEndMicros: micros, ended, delivered, dropped, failed } = run
  const lost = failed > 0 ? `${count(dropped)} dropped, ${count(failed)} failed` : `${count(dropped)} dropped`
  const verdict = run.voidReasons.length > 0 ? ` · VOID: ${run.voidReasons.join('; ')}` : ''
  return (
    `round ${run.round}/${rounds} · ${nameOf(run).padEnd(19)} · p50 ${figure(micros.p50)} · p99 ${figure(micros.p99)} · ` +
    `p99.9 ${figure(micros.p999)} µs · ${count(ended)} ended, ${count(delivered)} delivered, ${lost}${verdict}`
  )
}

function table(summaries: readonly ContenderSummary[]): string {
  const rows = summaries.flatMap((summary) => [
    [
      nameOf(summary),
      count(summary.ended),
      summary.processor === 'noop' ? '–' : count(summary.delivered),
      count(summary.dropped + summary.failed),
      ...FIGURES.map(([name]) => figure(summary.figures[name].median)),
    ],
    [
      summary.valid === summary.runs ? '' : `${summary.runs - summary.valid} of ${summary.runs} runs void`,
      '',
      '',
      '',
      ...FIGURES.map(([name]) => range(summary.figures[name])),
    ],
  ])
  return markdownTable(['contender', 'ended', 'delivered', 'lost', ...FIGURES.map(([, title]) => title)], rows)
}

function ratioLine({ sdkLine, quantile, ratio, target }: Ratio): string {
  const verdict = Number.isNaN(ratio.median) ? 'unknown' : ratio.median >= target ? 'holds' : 'MISSED'
  return (
    `- SDK ${sdkLine}, ${QUANTILE_NAMES[quantile]}: stock / spanring = ${figure(ratio.median)} (${range(ratio)}); ` +
    `target ≥ ${figure(target)}: ${verdict}`
  )
}

function voidLines(run: Run): string[] {
  return run.voidReasons.map((reason) => `- void: ${nameOf(run)}, round ${run.round}: ${reason}`)
}

/** Not void: the spans are accounted for. But it is a figure for another rate than the one in the headline. */
function rateLines(run: Run, wanted: number): string[] {
  if (run.producedPerSecond > wanted * 0.98) return []
  return [`- behind: ${nameOf(run)}, round ${run.round}: ${count(Math.round(run.producedPerSecond))} spans/s`]
}

function machine(environment: Environment): string {
  const { node, cpu, cores, loadAverage, commit, uncommitted } = environment
  const state = uncommitted.length > 0 ? ' with uncommitted changes' : ''
  return `Node ${node}, ${cpu}, ${cores} cores, load average ${loadAverage[0]} at the start, commit ${commit.slice(0, 9)}${state}.`
}

function range({ min, max }: Spread): string {
  return Number.isNaN(min) ? '–' : `${figure(min)}–${figure(max)}`
}
