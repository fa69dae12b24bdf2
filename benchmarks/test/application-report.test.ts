// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { AppRun } from '../src/application/play-application.js'
import { TELEMETRIES } from '../src/application/telemetry.js'
import { renderApplicationTables } from '../src/report/application-tables.js'
import { renderCharts } from '../src/report/charts.js'
import type { Results } from '../src/report/results.js'
import { renderTables } from '../src/report/tables.js'
import { environment, madeUpAppRun } from './measured.js'

const older: Results = { environment, scenarios: [], runs: [], largestRates: [] }
const REQUESTS = { off: 2000, noop: 1000, stock: 400, spanring: 800, thread: 900 }
const CPU_MILLIS = { off: 1, noop: 2, stock: 10, spanring: 4, thread: 6 }
const MAIN_MILLIS = { off: 1, noop: 2, stock: 10, spanring: 4, thread: 3 }

/** Two rounds of both loads; `change` says what is different from a run in which nothing is lost. */
function rounds(change: (run: AppRun) => Partial<AppRun> = () => ({})): AppRun[] {
  return [1, 2].flatMap((round) =>
    ['saturating', 'fixed'].flatMap((load) =>
      TELEMETRIES.map((telemetry) => {
        const costs = {
          requestsPerSecond: REQUESTS[telemetry] * round,
          mainMillisPerRequest: MAIN_MILLIS[telemetry],
          cpuMillisPerRequest: CPU_MILLIS[telemetry],
        }
        const run = madeUpAppRun(load, telemetry, { round, ...costs })
        return { ...run, ...change(run) }
      }),
    ),
  )
}

test('the page shows a table for each load, what was lost, and the same as the terminal', () => {
  const runs = rounds(({ telemetry, load }) => (telemetry === 'stock' && load === 'saturating' ? { delivered: 70 } : {}))
  const shown = renderTables({ ...older, application: { environment, runs } })
  expect(shown).toContain(renderApplicationTables(runs))
  expect(shown).toContain('charts/application.svg')
  expect(shown.match(/^#### .*/gm)).toEqual([
    expect.stringContaining('150 requests/s'),
    expect.stringContaining('32 connections'),
  ])
  const rows = shown.match(/^\| stock protobuf .*/gm) ?? []
  expect(rows[1]).toMatch(/\| +2 \| +600 \| .* \| +200 \| +60 \| +0 \|$/)
  // (1000 - 400) / (1000 - 800), in both rounds.
  expect(shown).toContain('lost to export (no-op minus pipeline): stock / spanring = 3.00 (3.00–3.00)')
  // (10 - 2) / (4 - 2)
  expect(shown).toContain('CPU per request above no-op: stock / spanring = 4.00 (4.00–4.00)')
  // (10 - 2) / (3 - 2)
  expect(shown).toContain('Main-thread time per request above no-op: stock / spanring, export thread = 8.00 (8.00–8.00)')
})

test('where the kernel does not tell the time of a thread there is no column for it', () => {
  expect(renderApplicationTables(rounds())).toContain('| main thread µs/request |')
  const shown = renderApplicationTables(rounds(() => ({ mainMillisPerRequest: undefined })))
  expect(shown).not.toMatch(/main.thread/i)
  expect(shown).toContain('CPU per request above no-op: stock / spanring, export thread = 2.00 (2.00–2.00)')
})

test('a round without one of the pipelines is in no ratio', () => {
  const runs = rounds().filter(({ telemetry, round }) => telemetry !== 'stock' || round === 1)
  expect(renderApplicationTables(runs)).toContain('stock / spanring = 3.00 (3.00–3.00)')
  const none = runs.filter(({ telemetry }) => telemetry !== 'stock')
  expect(renderApplicationTables(none)).toContain('No round had all of them.')
})

test('where stock takes no requests away, and ours does, ours has lost', () => {
  const runs = rounds(({ telemetry, round }) => (telemetry === 'stock' ? { requestsPerSecond: 1100 * round } : {}))
  expect(renderApplicationTables(runs)).toContain('(no-op minus pipeline): stock / spanring = 0.00 (0.00–0.00)')
})

test('results without applications have neither the section nor the chart', async () => {
  expect(renderTables(older)).not.toContain('application')
  expect(await renderCharts(older)).toEqual({})
})

test('the chart shows requests and latency of every load', async () => {
  const { application } = await renderCharts({ ...older, application: { environment, runs: rounds() } })
  for (const text of ['requests per second', 'p99 of the latency, ms', 'no-op', '3,000']) expect(application).toContain(text)
})
