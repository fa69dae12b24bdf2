// SPDX-License-Identifier: Apache-2.0
import { isSame, nameOf, OURS, STOCK } from '../contender.js'
import { count, figure, markdownTable } from '../markdown-table.js'
import type { Results } from './results.js'
import { summarise } from './summary.js'
import type { FigureName, Summary } from './summary.js'

const ROWS: readonly (readonly [FigureName, string, string])[] = [
  ['onEndP50', 'inside `span.end()`, p50', 'µs'],
  ['onEndP99', 'p99', 'µs'],
  ['onEndP999', 'p99.9', 'µs'],
  ['loopP99', 'event-loop delay, p99', 'ms'],
  ['main', 'main thread per span, above no-op', 'µs'],
  ['cpu', 'CPU per span, above no-op', 'µs'],
]

/** The one table of a README's first screen, with what is lost or tied in it. */
export function renderHeadline({ environment, scenarios, runs }: Results): string {
  const steady = scenarios.find(({ name }) => name === 'steady 10k')
  if (steady === undefined) throw new Error('the results have no run at 10,000 spans/s')
  const shown = summarise(steady, runs).filter(({ contender }) =>
    [STOCK, ...OURS].some((pair) => isSame({ ...pair, sdkLine: contender.sdkLine }, contender)),
  )
  // Not every kernel tells how long a thread was on a processor.
  const known = ROWS.filter(([name]) => name !== 'main' || shown.some((summary) => !Number.isNaN(summary.spread(name).median)))
  const rows = known.map(([name, what, unit]) => [
    what,
    ...shown.map((summary) => `${figure(summary.spread(name).median)} ${unit}`),
  ])
  rows.push(['spans lost, of those ended', ...shown.map(lost)])
  const table = markdownTable(['10,000 spans/s', ...shown.map(({ contender }) => nameOf(contender))], rows)
  const counts = shown.map(({ valid }) => valid)
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  const rounds = least === most ? String(most) : `${least} to ${most}`
  const { load } = steady
  const note =
    `Processor and OTLP/HTTP exporter together, protobuf, the receiver in another process; medians of ${rounds} interleaved ` +
    `${most === 1 ? 'run' : 'runs'} of ${load.seconds} s, Node ${environment.node}, ${environment.cpu}, ${environment.cores} cores shared with other work. ` +
    "[More of them](benchmarks/README.md), losses, ties and missed targets included. Repeat it: `npm run bench -- 'steady 10k'`."
  return `${table.trim()}\n\n${note}`
}

function lost({ ended, lost: lostCount }: Summary): string {
  return `${count(lostCount)} of ${count(ended)}`
}
