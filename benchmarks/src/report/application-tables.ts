// SPDX-License-Identifier: Apache-2.0
import { LOADS } from '../application/load.js'
import type { AppLoad } from '../application/load.js'
import type { AppRun } from '../application/play-application.js'
import { TELEMETRIES, TELEMETRY_TITLES } from '../application/telemetry.js'
import { count, figure, markdownTable } from '../markdown-table.js'
import { median } from '../quantiles.js'
import { ratioOf } from './summary.js'

const FIGURES: readonly (readonly [title: string, of: (run: AppRun) => number])[] = [
  ['requests/s', (run) => run.requestsPerSecond],
  ['p50 ms', (run) => run.latency.p50],
  ['p99 ms', (run) => run.latency.p99],
  ['p99.9 ms', (run) => run.latency.p999],
  ['CPU µs/request', (run) => run.cpuMillisPerRequest * 1000],
  ['RSS MiB', (run) => run.rssBytes / 2 ** 20],
]

/** A table for each load that was played, medians over the rounds. */
export function renderApplicationTables(runs: readonly AppRun[]): string {
  return playedLoads(runs)
    .map((load) => {
      const own = runs.filter((run) => run.load === load.name)
      return `#### ${load.title}\n\n${table(own)}\n\n${note(load, own)}`
    })
    .join('\n\n')
}

/** In the order of the list of loads. */
export function playedLoads(runs: readonly AppRun[]): AppLoad[] {
  return LOADS.filter(({ name }) => runs.some(({ load }) => load === name))
}

function table(runs: readonly AppRun[]): string {
  const header = ['tracing', 'rounds', ...FIGURES.map(([title]) => title), 'spans', 'lost', 'failed requests']
  const rows = TELEMETRIES.map((telemetry) => {
    const own = runs.filter((run) => run.telemetry === telemetry)
    const sum = (of: (run: AppRun) => number): string => count(own.reduce((total, run) => total + of(run), 0))
    const sends = telemetry === 'stock' || telemetry === 'spanring'
    const losses = sends ? [sum((run) => run.ended), sum((run) => run.ended - run.delivered)] : ['–', '–']
    const figures = FIGURES.map(([, of]) => figure(median(own.map(of))))
    return [TELEMETRY_TITLES[telemetry], String(own.length), ...figures, ...losses, sum((run) => run.failedRequests)]
  })
  return markdownTable(header, rows)
}

/** What export takes away, within each round: requests, and processor time, which moves less with what else a machine does. */
function note(load: AppLoad, runs: readonly AppRun[]): string {
  if (load.perSecond !== undefined) return 'The rate is given; look at the latencies.'
  const requests = ratiosAgainst(runs, (noop, run) => noop.requestsPerSecond - run.requestsPerSecond)
  const cpu = ratiosAgainst(runs, (noop, run) => run.cpuMillisPerRequest - noop.cpuMillisPerRequest)
  if (requests.length === 0) return 'No round had all of them.'
  return [
    `- Requests/s lost to export (no-op minus pipeline): stock / spanring = ${spreadOf(requests)}; target ≥ 3.`,
    `- CPU per request above no-op: stock / spanring = ${spreadOf(cpu)}.`,
  ].join('\n')
}

/** Of each round that has all three. A pipeline that cost less than none has cost nothing that can be seen. */
function ratiosAgainst(runs: readonly AppRun[], cost: (noop: AppRun, run: AppRun) => number): number[] {
  return runs.flatMap((ours) => {
    if (ours.telemetry !== 'spanring') return []
    const noop = runs.find(({ telemetry, round }) => telemetry === 'noop' && round === ours.round)
    const stock = runs.find(({ telemetry, round }) => telemetry === 'stock' && round === ours.round)
    return noop === undefined || stock === undefined ? [] : [ratioOf(Math.max(0, cost(noop, stock)), cost(noop, ours))]
  })
}

function spreadOf(ratios: readonly number[]): string {
  return `${figure(median(ratios))} (${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))})`
}
