// SPDX-License-Identifier: Apache-2.0
// What tracing costs a whole application: `npm run bench:app -- [--quick] [--rounds N] [--json FILE] [filter]`.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { LOADS } from './application/load.js'
import type { AppLoad } from './application/load.js'
import { playApplication, TELEMETRIES } from './application/play-application.js'
import type { AppRun, Telemetry } from './application/play-application.js'
import { describeEnvironment } from './environment.js'
import { count, figure, markdownTable } from './markdown-table.js'
import { median } from './quantiles.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, json: { type: 'string' } },
})
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
const seconds = values.quick ? { warmup: 1, measured: 1 } : { warmup: 3, measured: 10 }
const filter = new RegExp(positionals[0] ?? '')
const environment = describeEnvironment('bench:app', process.argv.slice(2))
const runs: AppRun[] = []
for (const load of LOADS.filter(({ name }) => filter.test(name))) {
  for (let round = 1; round <= rounds; round++) {
    for (const telemetry of round % 2 === 1 ? TELEMETRIES : TELEMETRIES.toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
      const run = await playApplication(load, telemetry, round, seconds)
      runs.push(run)
      console.error(
        `${load.name} · round ${round} · ${telemetry.padEnd(8)} · ${count(Math.round(run.requestsPerSecond))} requests/s`,
      )
    }
  }
  console.log(`\n### ${load.title}\n\n${table(load)}\n`)
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ environment, runs })}\n`)

function table(load: AppLoad): string {
  const figures: readonly (readonly [string, (run: AppRun) => number])[] = [
    ['requests/s', (run) => run.requestsPerSecond],
    ['p50 ms', (run) => run.latency.p50],
    ['p99 ms', (run) => run.latency.p99],
    ['p99.9 ms', (run) => run.latency.p999],
    ['CPU ms/request', (run) => run.cpuMillisPerRequest],
    ['RSS MiB', (run) => run.rssBytes / 2 ** 20],
  ]
  const rows = TELEMETRIES.map((telemetry) => {
    const own = of(load, telemetry)
    const sum = (value: (run: AppRun) => number): string => count(own.reduce((total, run) => total + value(run), 0))
    const losses =
      telemetry === 'off' || telemetry === 'noop'
        ? ['–', '–']
        : [sum((run) => run.ended), sum((run) => run.ended - run.delivered)]
    return [telemetry, ...figures.map(([, value]) => figure(median(own.map(value)))), ...losses, sum((run) => run.failedRequests)]
  })
  const header = ['tracing', ...figures.map(([title]) => title), 'spans', 'lost', 'failed requests']
  return `${markdownTable(header, rows)}\n\n${cost(load)}`
}

/** Requests that export takes away, within each round. */
function cost(load: AppLoad): string {
  const ratios = of(load, 'spanring').flatMap((ours) => {
    const noop = of(load, 'noop').find(({ round }) => round === ours.round)
    const stock = of(load, 'stock').find(({ round }) => round === ours.round)
    if (noop === undefined || stock === undefined) return []
    return [(noop.requestsPerSecond - stock.requestsPerSecond) / (noop.requestsPerSecond - ours.requestsPerSecond)]
  })
  if (load.perSecond !== undefined) return 'The rate is given; look at the latencies.'
  return `Requests/s lost to export (no-op minus pipeline): stock / spanring = ${figure(median(ratios))} (${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))}); target ≥ 3.`
}

function of(load: AppLoad, telemetry: Telemetry): AppRun[] {
  return runs.filter((run) => run.load === load.name && run.telemetry === telemetry)
}
