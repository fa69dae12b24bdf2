// SPDX-License-Identifier: Apache-2.0
import { count, figure, markdownTable } from '../markdown-table.js'
import type { Results } from './report.js'
import { summarise } from './summary.js'
import type { ContenderSummary, FigureName } from './summary.js'

const ROWS: readonly (readonly [FigureName, string, string])[] = [
  ['onEndP50', 'inside `span.end()`, p50', 'µs'],
  ['onEndP99', 'p99', 'µs'],
  ['onEndP999', 'p99.9', 'µs'],
  ['loopP99', 'event-loop delay, p99', 'ms'],
  ['cpuAboveNoop', 'CPU per span above no tracing', 'µs'],
]

/** The one table of a README's first screen, with what is lost or tied in it. */
export function renderHeadline(results: Results): string {
  const { environment, load, runs } = results
  const summaries = summarise(runs).filter(({ processor }) => processor !== 'noop')
  const title = `${count(load.ratePerSecond)} spans/s`
  const rows = ROWS.map(([name, what, unit]) => [
    what,
    ...summaries.map(({ figures }) => `${figure(figures[name].median)} ${unit}`),
  ])
  rows.push(['spans lost, of those ended', ...summaries.map(lost)])
  const table = markdownTable([title, ...summaries.map(({ processor, sdkLine }) => `${processor}, SDK ${sdkLine}`)], rows)
  const note =
    `The same stock exporter (OTLP protobuf) behind both, the receiver in another process; medians of ${load.rounds} runs of ` +
    `${load.seconds} s, Node ${environment.node}, ${environment.cpu}, ${environment.cores} cores, shared with other work. Repeat it: ` +
    '`npm run bench:on-end`. A stock exporter still serialises on the event loop, only no longer inside `span.end()`: delay and CPU do ' +
    'not improve with the processor alone.'
  return `${table.trim()}\n\n${note}`
}

function lost({ ended, dropped, failed }: ContenderSummary): string {
  return `${count(dropped + failed)} of ${count(ended)}`
}
