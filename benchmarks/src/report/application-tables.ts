// SPDX-License-Identifier: Apache-2.0
import { LOADS } from '../application/load.js'
import type { AppLoad } from '../application/load.js'
import type { AppRun } from '../application/play-application.js'
import { TELEMETRIES, TELEMETRY_TITLES } from '../application/telemetry.js'
import type { Telemetry } from '../application/telemetry.js'
import { count, figure, markdownTable } from '../markdown-table.js'
import { median } from '../quantiles.js'
import { ratioOf } from './summary.js'

const FIGURES: readonly (readonly [title: string, of: (run: AppRun) => number])[] = [
  ['requests/s', (run) => run.requestsPerSecond],
  ['p50 ms', (run) => run.latency.p50],
  ['p99 ms', (run) => run.latency.p99],
  ['p99.9 ms', (run) => run.latency.p999],
  ['main thread µs/request', (run) => mainMillis(run) * 1000],
  ['CPU µs/request', (run) => run.cpuMillisPerRequest * 1000],
  ['RSS MiB', (run) => run.rssBytes / 2 ** 20],
]

const OURS: readonly Telemetry[] = ['spanring', 'thread']

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
  // Not every kernel tells how long a thread was on a processor, and older results do not have it.
  const figures = FIGURES.filter(([, of]) => runs.some((run) => !Number.isNaN(of(run))))
  const header = ['tracing', 'rounds', ...figures.map(([title]) => title), 'spans', 'lost', 'failed requests']
  const rows = TELEMETRIES.flatMap((telemetry) => {
    const own = runs.filter((run) => run.telemetry === telemetry)
    if (own.length === 0) return []
    const sum = (of: (run: AppRun) => number): string => count(own.reduce((total, run) => total + of(run), 0))
    const sends = telemetry !== 'off' && telemetry !== 'noop'
    const losses = sends ? [sum((run) => run.ended), sum((run) => run.ended - run.delivered)] : ['–', '–']
    const medians = figures.map(([, of]) => figure(median(own.map(of))))
    return [[TELEMETRY_TITLES[telemetry], String(own.length), ...medians, ...losses, sum((run) => run.failedRequests)]]
  })
  return markdownTable(header, rows)
}

/** What export takes away, within each round: requests, and processor time, which moves less with what else a machine does. */
function note(load: AppLoad, runs: readonly AppRun[]): string {
  if (load.perSecond !== undefined) return 'The rate is given; look at the latencies.'
  const lines = OURS.flatMap((ours) => linesOf(ours, runs))
  return lines.length === 0 ? 'No round had all of them.' : lines.join('\n')
}

function linesOf(ours: Telemetry, runs: readonly AppRun[]): string[] {
  const of = (cost: (noop: AppRun, run: AppRun) => number): number[] => ratiosAgainst(ours, runs, cost)
  const requests = of((noop, run) => noop.requestsPerSecond - run.requestsPerSecond)
  if (requests.length === 0) return []
  const main = of((noop, run) => mainMillis(run) - mainMillis(noop)).filter((ratio) => !Number.isNaN(ratio))
  const cpu = of((noop, run) => run.cpuMillisPerRequest - noop.cpuMillisPerRequest)
  const pair = `stock / ${TELEMETRY_TITLES[ours]}`
  return [
    `- Requests/s lost to export (no-op minus pipeline): ${pair} = ${spreadOf(requests)}; target ≥ 3.`,
    ...(main.length === 0 ? [] : [`- Main-thread time per request above no-op: ${pair} = ${spreadOf(main)}; target ≥ 2.`]),
    `- CPU per request above no-op: ${pair} = ${spreadOf(cpu)}.`,
  ]
}

/** Of each round that has all three. A pipeline that cost less than none has cost nothing that can be seen. */
function ratiosAgainst(telemetry: Telemetry, runs: readonly AppRun[], cost: (noop: AppRun, run: AppRun) => number): number[] {
  return runs.flatMap((ours) => {
    if (ours.telemetry !== telemetry) return []
    const noop = runs.find((run) => run.telemetry === 'noop' && run.round === ours.round)
    const stock = runs.find((run) => run.telemetry === 'stock' && run.round === ours.round)
    return noop === undefined || stock === undefined ? [] : [ratioOf(Math.max(0, cost(noop, stock)), cost(noop, ours))]
  })
}

function mainMillis({ mainMillisPerRequest }: AppRun): number {
  return mainMillisPerRequest ?? NaN
}

function spreadOf(ratios: readonly number[]): string {
  return `${figure(median(ratios))} (${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))})`
}
