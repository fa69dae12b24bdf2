// SPDX-License-Identifier: Apache-2.0
import type { AppRun } from '../application/play-application.js'
import { TELEMETRIES, TELEMETRY_TITLES } from '../application/telemetry.js'
import { figure } from '../markdown-table.js'
import { median } from '../quantiles.js'
import { playedLoads } from './application-tables.js'
import { NOOP_COLOUR, OFF_COLOUR, SPANRING_COLOUR, STOCK_COLOUR, TEXT, THREAD_COLOUR } from './chart-style.js'
import type { Results } from './results.js'
import type { Chart } from './vega.js'

const FIGURES: readonly (readonly [title: string, of: (run: AppRun) => number])[] = [
  ['requests per second', (run) => run.requestsPerSecond],
  ['p99 of the latency, ms', (run) => run.latency.p99],
]
const COLOURS = {
  off: OFF_COLOUR,
  noop: NOOP_COLOUR,
  stock: STOCK_COLOUR,
  spanring: SPANRING_COLOUR,
  thread: THREAD_COLOUR,
} as const

/** Requests and latency of every load side by side. */
export function applicationChart({ application }: Results): Chart | undefined {
  const loads = application === undefined ? [] : playedLoads(application.runs)
  if (application === undefined || loads.length === 0) return undefined
  return {
    title: {
      text: 'A whole application',
      offset: 14,
      subtitle: 'Medians. Tracing off, spans thrown away (no-op), and the pipelines.',
    },
    vconcat: loads.map(({ name, title }) => {
      const runs = application.runs.filter(({ load }) => load === name)
      return {
        title: { text: title, fontSize: 12, fontWeight: 'normal' },
        hconcat: FIGURES.map(([axis, of], index) => panel(runs, axis, of, index === 0)),
      }
    }),
  }
}

function panel(runs: readonly AppRun[], title: string, of: (run: AppRun) => number, hasNames: boolean): Chart {
  const values = TELEMETRIES.flatMap((telemetry) => {
    const own = runs.filter((run) => run.telemetry === telemetry)
    if (own.length === 0) return []
    const value = median(own.map(of))
    return [{ tracing: TELEMETRY_TITLES[telemetry], value, label: figure(value) }]
  })
  const shown = TELEMETRIES.filter((telemetry) => runs.some((run) => run.telemetry === telemetry))
  const titles = shown.map((telemetry) => TELEMETRY_TITLES[telemetry])
  // Room for the label of the longest bar.
  const most = Math.max(...values.map(({ value }) => value)) * 1.2
  const x = { field: 'value', type: 'quantitative', scale: { domain: [0, most] }, axis: { title, tickCount: 4 } }
  const y = { field: 'tracing', type: 'nominal', sort: titles, title: null, ...(hasNames ? {} : { axis: null }) }
  const scale = { domain: titles, range: shown.map((telemetry) => COLOURS[telemetry]) }
  return {
    data: { values },
    width: 220,
    height: { step: 20 },
    layer: [
      {
        mark: { type: 'bar', cornerRadiusEnd: 2 },
        encoding: { y, x, color: { field: 'tracing', type: 'nominal', scale, legend: null } },
      },
      { mark: { type: 'text', align: 'left', dx: 4, fontSize: 11, color: TEXT }, encoding: { y, x, text: { field: 'label' } } },
    ],
  }
}
