// SPDX-License-Identifier: Apache-2.0
import { OURS, pairName, STOCK } from '../contender.js'
import type { Contender } from '../contender.js'
import type { CurveName } from '../end-to-end/scenario.js'
import { applicationChart } from './application-chart.js'
import { ABOVE, CONFIG, SPANRING_COLOUR, STOCK_COLOUR, TEXT, THREAD_COLOUR } from './chart-style.js'
import type { Results } from './results.js'
import { summarise } from './summary.js'
import type { FigureName, Summary } from './summary.js'
import { renderSvg } from './vega.js'
import type { Chart } from './vega.js'

const COLOURS: Readonly<Record<string, string>> = {
  'stock protobuf': STOCK_COLOUR,
  'stock JSON': '#b99a2f',
  'stock gRPC': '#b4606e',
  'spanring + stock protobuf': '#6aa58b',
  spanring: SPANRING_COLOUR,
  'spanring, export thread': THREAD_COLOUR,
}

/** By file name, without its ending. Only what the results have. */
export async function renderCharts(results: Results): Promise<Record<string, string>> {
  const specs: Record<string, Chart | undefined> = {
    'end-of-a-span': onEndChart(results),
    delivered: deliveredChart(results),
    growth: growthChart(results),
    'largest-rate': largestRateChart(results),
    application: applicationChart(results),
  }
  const charts: Record<string, string> = {}
  for (const [name, spec] of Object.entries(specs)) {
    // oxlint-disable-next-line no-await-in-loop -- a few, and each takes a moment
    if (spec !== undefined) charts[name] = `${await renderSvg({ ...spec, config: CONFIG })}\n`
  }
  return charts
}

/** How long `span.end()` takes, in the usual case and in the rare one. */
function onEndChart({ scenarios, runs }: Results): Chart | undefined {
  const steady = scenarios.find(({ name }) => name === 'steady 10k')
  if (steady === undefined) return undefined
  const quantiles: readonly (readonly [FigureName, string])[] = [
    ['onEndP50', 'half of them: up to'],
    ['onEndP99', '99 of 100: up to'],
    ['onEndP999', '999 of 1,000: up to'],
  ]
  const values = summarise(steady, runs)
    .filter(({ contender }) => contender.sdkLine === '2.12' && contender.processor !== 'noop')
    .flatMap((summary) =>
      quantiles.map(([name, calls]) => {
        const micros = summary.spread(name).median
        return { pipeline: pairName(summary.contender), calls, micros, label: label(micros) }
      }),
    )
  const pipelines = [...new Set(values.map(({ pipeline }) => pipeline))]
  const y = { field: 'pipeline', type: 'nominal', sort: pipelines, title: null }
  const x = {
    field: 'micros',
    type: 'quantitative',
    scale: { type: 'log', domain: [0.01, 100_000] },
    axis: { title: 'microseconds in span.end(), logarithmic', values: [0.01, 0.1, 1, 10, 100, 1000, 10_000], grid: true },
  }
  return {
    title: {
      text: 'What span.end() costs the application at 10,000 spans/s',
      subtitle: 'One call in 512 of a stock pipeline encodes the whole batch. SDK 2.12.',
    },
    data: { values },
    facet: {
      row: {
        field: 'calls',
        type: 'nominal',
        title: null,
        sort: quantiles.map(([, calls]) => calls),
        header: ABOVE,
      },
    },
    spec: {
      width: 420,
      height: { step: 17 },
      layer: [
        {
          mark: { type: 'bar', cornerRadiusEnd: 2 },
          encoding: { y, x, x2: { datum: 0.01 }, color: { ...colour(pipelines), legend: null } },
        },
        { mark: { type: 'text', align: 'left', dx: 4, fontSize: 11, color: TEXT }, encoding: { y, x, text: { field: 'label' } } },
      ],
    },
  }
}

/** What becomes of the spans where a pipeline is put under pressure. */
function deliveredChart({ scenarios, runs }: Results): Chart | undefined {
  const shown = scenarios.filter(({ name }) => /^(bursts|slow|outage|flush)/.test(name))
  const values = shown.flatMap((scenario) =>
    summarise(scenario, runs)
      .filter(({ contender, ended }) => contender.processor !== 'noop' && ended > 0)
      .map((summary) => {
        const percent = (summary.delivered / summary.ended) * 100
        return { situation: scenario.title, pipeline: pairName(summary.contender), percent, label: `${shortPercent(percent)} %` }
      }),
  )
  if (values.length === 0) return undefined
  const pipelines = comparedIn(shown.flatMap(({ contenders }) => contenders))
  const y = { field: 'pipeline', type: 'nominal', sort: pipelines, title: null, axis: null }
  const x = {
    field: 'percent',
    type: 'quantitative',
    scale: { domain: [0, 100] },
    axis: { title: 'per cent of the spans that ended' },
  }
  return {
    title: { text: 'Spans that arrive', subtitle: 'Default options, SDK 2.12; the queue of the flush has room for all of them.' },
    data: { values },
    facet: {
      row: {
        field: 'situation',
        type: 'nominal',
        title: null,
        sort: shown.map(({ title }) => title),
        header: ABOVE,
      },
    },
    spec: {
      width: 300,
      height: { step: 15 },
      layer: [
        { mark: { type: 'bar', cornerRadiusEnd: 2 }, encoding: { y, x, color: colour(pipelines) } },
        { mark: { type: 'text', align: 'left', dx: 4, fontSize: 11, color: TEXT }, encoding: { y, x, text: { field: 'label' } } },
      ],
    },
  }
}

const CURVES: readonly (readonly [CurveName, FigureName | 'lost', string])[] = [
  ['spans per second', 'main', 'main thread, µs per span'],
  ['attributes per span', 'main', 'main thread, µs per span'],
  ['queue size', 'rss', 'memory of the process, MiB'],
  ['backend latency, ms', 'lost', 'spans lost, %'],
]

/** One cost against one thing that grows, four times. */
function growthChart({ scenarios, runs }: Results): Chart | undefined {
  const pipelines = comparedIn(scenarios.flatMap(({ point, contenders }) => (point === undefined ? [] : contenders)))
  const charts = CURVES.flatMap(([curve, name, title]) => {
    const values = scenarios
      .filter(({ point }) => point?.curve === curve)
      .flatMap((scenario) =>
        summarise(scenario, runs)
          .filter(({ contender, ended }) => contender.processor !== 'noop' && ended > 0)
          .map((summary) => ({ x: scenario.point?.x, y: valueOf(summary, name), pipeline: pairName(summary.contender) }))
          // Not every kernel tells how long a thread was on a processor.
          .filter(({ y }) => !Number.isNaN(y)),
      )
    if (values.length === 0) return []
    return [
      {
        data: { values },
        width: 260,
        height: 160,
        mark: { type: 'line', point: { size: 40 }, strokeWidth: 2 },
        encoding: {
          x: { field: 'x', type: 'quantitative', title: curve, axis: { tickCount: 5 } },
          y: { field: 'y', type: 'quantitative', title, scale: { zero: true }, axis: { tickCount: 5 } },
          color: colour(pipelines),
        },
      },
    ]
  })
  if (charts.length === 0) return undefined
  return { title: { text: 'How the costs grow', subtitle: 'SDK 2.12, OTLP protobuf over HTTP.' }, columns: 2, concat: charts }
}

function largestRateChart({ largestRates }: Results): Chart | undefined {
  if (largestRates.length === 0) return undefined
  const values = largestRates.map(({ answerMillis, perSecond, limitedBy, ...contender }) => ({
    backend: answerMillis === 0 ? 'answers at once' : `answers after ${answerMillis} ms`,
    pipeline: pairName(contender),
    perSecond,
    label: `${perSecond.toLocaleString('en-US')}${limitedBy === 'load' ? ' (all that the load could make)' : ''}`,
  }))
  const pipelines = comparedIn(largestRates)
  const y = { field: 'pipeline', type: 'nominal', sort: pipelines, title: null, axis: null }
  const x = { field: 'perSecond', type: 'quantitative', axis: { title: 'spans per second', tickCount: 5 } }
  return {
    title: { text: 'The largest rate that loses nothing', subtitle: 'Default options, SDK 2.12. By the backend:' },
    data: { values },
    facet: { row: { field: 'backend', type: 'nominal', title: null, sort: null, header: ABOVE } },
    spec: {
      width: 420,
      height: { step: 20 },
      layer: [
        { mark: { type: 'bar', cornerRadiusEnd: 2 }, encoding: { y, x, color: colour(pipelines) } },
        { mark: { type: 'text', align: 'left', dx: 4, fontSize: 11, color: TEXT }, encoding: { y, x, text: { field: 'label' } } },
      ],
    },
  }
}

/** Stock and ours, as far as they were measured. */
function comparedIn(contenders: readonly Contender[]): string[] {
  const measured = contenders.map(pairName)
  return [STOCK, ...OURS].map(pairName).filter((name) => measured.includes(name))
}

function colour(pipelines: readonly string[]): object {
  const range = pipelines.map((pipeline) => COLOURS[pipeline] ?? TEXT)
  return { field: 'pipeline', type: 'nominal', scale: { domain: pipelines, range }, title: null }
}

function valueOf(summary: Summary, name: FigureName | 'lost'): number {
  return name === 'lost' ? (summary.lost / summary.ended) * 100 : summary.spread(name).median
}

function label(micros: number): string {
  if (micros >= 1000) return `${(micros / 1000).toFixed(1)} ms`
  return `${micros < 10 ? micros.toFixed(2) : micros.toFixed(0)} µs`
}

/** Never 100 for what is not all. */
function shortPercent(percent: number): string {
  return percent === 100 ? '100' : (Math.floor(percent * 10) / 10).toFixed(1)
}
