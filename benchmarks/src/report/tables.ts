// SPDX-License-Identifier: Apache-2.0
import { isSame, nameOf, pairName } from '../contender.js'
import type { Run } from '../end-to-end/play.js'
import type { CurveName, Scenario } from '../end-to-end/scenario.js'
import type { Environment } from '../environment.js'
import { count, figure, markdownTable } from '../markdown-table.js'
import { renderApplicationTables } from './application-tables.js'
import type { Results } from './results.js'
import { FIGURES, ratiosOf, summarise } from './summary.js'
import type { FigureName, Spread, Summary } from './summary.js'
import { threadCostsOf } from './thread-costs.js'

const USUAL: readonly FigureName[] = ['onEndP50', 'onEndP99', 'onEndP999', 'onEndMax', 'loopP99', 'loopMax']
const COSTS: readonly FigureName[] = ['main', 'cpu', 'gc', 'allocated', 'wire']
const RESIDENT: readonly FigureName[] = ['rss', 'peakRss', 'end']

/** One line for a run that has just ended. */
export function progressLine(run: Run): string {
  const note = run.voidReasons.length > 0 ? ` · VOID: ${run.voidReasons.join('; ')}` : ''
  return (
    `${run.scenario} · round ${run.round} · ${nameOf(run).padEnd(34)} · p99.9 ${figure(run.onEndMicros.p999)} µs · ` +
    `${count(run.ended)} ended, ${count(run.delivered)} delivered${note}`
  )
}

function environmentLine(environment: Environment): string {
  const { node, cpu, cores, loadAverage, interruptions, commit, uncommitted, startedAt } = environment
  const state = uncommitted.length > 0 ? ' with uncommitted changes' : ''
  const line =
    `${startedAt.slice(0, 10)}, Node ${node}, ${cpu}, ${cores} cores, load average ${loadAverage[0]} at the start, ` +
    `commit ${commit.slice(0, 9)}${state}.`
  if (interruptions === undefined) return line
  const { perSecond, medianMicros } = interruptions
  return `${line} A loop that only reads the clock stood still for 25 µs or more ${count(perSecond)} times a second, for ${medianMicros} µs at the median.`
}

/** Does not say whether the targets are met unless it `judges`: after a short run that is by chance. */
export function renderTables(results: Results, { judges }: { readonly judges: boolean } = { judges: true }): string {
  const { environment, scenarios, runs } = results
  const tables = scenarios.filter(({ point }) => point === undefined).map((scenario) => renderScenario(scenario, runs, judges))
  return [
    environmentLine(environment),
    ...tables,
    ...renderCurves(results),
    ...renderLargestRates(results),
    ...renderApplication(results),
  ].join('\n\n')
}

/** With its chart, which older results have not. */
function renderApplication({ application }: Results): string[] {
  if (application === undefined) return []
  return [
    '### A whole application',
    '![A whole application: requests per second and latency](charts/application.svg)',
    environmentLine(application.environment),
    renderApplicationTables(application.runs),
  ]
}

function renderScenario(scenario: Scenario, runs: readonly Run[], judges: boolean): string {
  const hasFloor = scenario.contenders.some(({ processor }) => processor === 'noop')
  const memory: readonly FigureName[] = scenario.outage === undefined ? [] : ['retained', 'buffered']
  const summaries = summarise(scenario, runs)
  const names = [...USUAL, ...(hasFloor ? COSTS : []), ...memory, ...RESIDENT].filter(
    (name) => name !== 'main' || isKnown(summaries, name),
  )
  const rows = summaries.flatMap((summary) => rowsOf(summary, names))
  const header = ['', 'rounds', 'ended', 'lost', 'not counted', ...names.map((name) => FIGURES[name].title)]
  const notes = [
    ...(scenario.name === 'steady 10k' ? ratioLines(scenario, runs, judges) : []),
    ...(['steady 10k', 'idle'].includes(scenario.name) ? threadLines(scenario, runs, judges) : []),
    ...runs.filter((run) => run.scenario === scenario.name).flatMap((run) => [...outageLines(run), ...voidLines(run)]),
  ]
  return [`### ${scenario.title}`, markdownTable(header, rows), ...(notes.length > 0 ? [notes.join('\n')] : [])].join('\n\n')
}

function rowsOf(summary: Summary, names: readonly FigureName[]): string[][] {
  const { contender, ended, lost, counted, valid, runs } = summary
  const isFloor = contender.processor === 'noop'
  const spreads = names.map((name) => summary.spread(name))
  const losses = isFloor ? ['–', '–'] : [count(lost), count(Math.max(0, lost - counted))]
  const rows = [[nameOf(contender), String(valid), count(ended), ...losses, ...spreads.map(({ median }) => figure(median))]]
  if (runs > 1) {
    const label = valid === runs ? '' : `${runs - valid} of ${runs} runs void`
    rows.push([label, '', '', '', '', ...spreads.map(rangeOf)])
  }
  return rows
}

function ratioLines(scenario: Scenario, runs: readonly Run[], judges: boolean): string[] {
  const known = ratiosOf(scenario, runs).filter(({ rounds }) => rounds > 0)
  return known.map(({ title, sdkLine, ours, ratio, rounds, target }) => {
    const note = judges ? `; target ≥ ${figure(target)}: ${ratio.median >= target ? 'holds' : 'MISSED'}` : ''
    return `- SDK ${sdkLine}, ${title}: stock / ${pairName(ours)} = ${figure(ratio.median)} (${rangeOf(ratio)}; ${plural(rounds, 'round')})${note}`
  })
}

function threadLines(scenario: Scenario, runs: readonly Run[], judges: boolean): string[] {
  const known = threadCostsOf(scenario, runs).filter(({ rounds }) => rounds > 0)
  return known.map(({ title, sdkLine, cost, unit, rounds, limit }) => {
    const note = judges ? `; target ≤ ${figure(limit)}: ${cost.median <= limit ? 'holds' : 'MISSED'}` : ''
    return `- SDK ${sdkLine}, ${title} = ${figure(cost.median)}${unit} (${rangeOf(cost)}; ${plural(rounds, 'round')})${note}`
  })
}

/** Not every kernel tells how long a thread was on a processor. */
function isKnown(summaries: readonly Summary[], name: FigureName): boolean {
  return summaries.some((summary) => !Number.isNaN(summary.spread(name).median))
}

function outageLines(run: Run): string[] {
  if (run.outage === undefined) return []
  const { attempts, mostAtOnce, firstSuccessMillis } = run.outage
  const back = firstSuccessMillis === undefined ? 'none in 30 s' : `${figure(firstSuccessMillis / 1000)} s after it`
  return [`- ${pairName(run)}: ${attempts} connections in the outage, at most ${mostAtOnce} at once; first answer ${back}`]
}

function voidLines(run: Run): string[] {
  return run.voidReasons.map((reason) => `- void: ${nameOf(run)}, round ${run.round}: ${reason}`)
}

/** A table for each curve: what it is about, and for each contender time of the main thread, the slowest calls, and losses. */
function renderCurves({ scenarios, runs }: Results): string[] {
  const curves = new Set(scenarios.flatMap(({ point }) => (point === undefined ? [] : [point.curve])))
  return [...curves].map((curve) => renderCurve(curve, scenarios, runs))
}

function renderCurve(curve: CurveName, scenarios: readonly Scenario[], runs: readonly Run[]): string {
  const points = scenarios.filter(({ point }) => point?.curve === curve)
  const all = points.flatMap((scenario) => summarise(scenario, runs))
  const figures: readonly FigureName[] = ['onEndP999', 'loopP99', 'main', 'rss']
  const shown = figures.filter((name) => name !== 'main' || isKnown(all, name))
  const pipelines = points.flatMap(({ contenders }) => contenders).filter(({ processor }) => processor !== 'noop')
  const shownContenders = [...new Map(pipelines.map((contender) => [nameOf(contender), contender])).values()]
  const header = [
    curve,
    ...shownContenders.flatMap((contender) => [
      ...shown.map((name) => `${pairName(contender)}: ${FIGURES[name].title}`),
      `${pairName(contender)}: lost %`,
    ]),
  ]
  const rows = points.map((scenario) => {
    const summaries = summarise(scenario, runs)
    const cells = shownContenders.flatMap((contender) => {
      const summary = summaries.find((known) => isSame(known.contender, contender))
      if (summary === undefined) return [...shown.map(() => '–'), '–']
      return [...shown.map((name) => figure(summary.spread(name).median)), figure((summary.lost / summary.ended) * 100)]
    })
    return [count(scenario.point?.x ?? NaN), ...cells]
  })
  return `### Growth: ${curve}\n\n${markdownTable(header, rows)}`
}

function renderLargestRates({ largestRates }: Results): string[] {
  if (largestRates.length === 0) return []
  const rows = largestRates.map(({ answerMillis, perSecond, failedAt, limitedBy, ...contender }) => [
    nameOf(contender),
    String(answerMillis),
    count(perSecond),
    failedAt === undefined ? '–' : count(failedAt),
    limitedBy === 'loss' ? 'spans lost' : 'the load itself',
  ])
  const table = markdownTable(['', 'backend ms', 'spans/s without loss', 'not at', 'limit'], rows)
  return [`### Largest rate without loss\n\n${table}`]
}

function plural(value: number, what: string): string {
  return `${value} ${what}${value === 1 ? '' : 's'}`
}

function rangeOf({ min, max }: Spread): string {
  return Number.isNaN(min) ? '–' : `${figure(min)}–${figure(max)}`
}
