// SPDX-License-Identifier: Apache-2.0
import type { Quantiles } from './backend/figures.js'
import { count, mebibytes, percent } from './number-format.js'
import type { Kill, RunFigures } from './run-figures.js'

type Row = readonly [title: string, cell: (run: RunFigures) => string]

const ROWS: readonly Row[] = [
  ['spans ended', ({ ended }) => count(ended)],
  ['delivered', ({ delivered }) => count(delivered)],
  ['delivered, %', ({ delivered, ended }) => percent(delivered, ended)],
  ['missing, older than 200 ms', ({ missingOld }) => count(missingOld)],
  ['missing, younger at a kill', ({ missingYoung }) => count(missingYoung)],
  ['oldest missing at a kill, ms', ({ kills }) => count(oldest(kills))],
  ['counted as lost, last process', ({ account }) => count(account?.lost)],
  ['delivered twice', ({ twice }) => count(twice)],
  ['batches delivered twice', ({ requestsAgain }) => count(requestsAgain)],
  ['first delivery after the return, ms', ({ firstMillis }) => count(firstMillis)],
  ['backlog delivered after, ms', ({ drainedMillis }) => count(drainedMillis)],
  ['delivery before the outage, p50 / p99 ms', ({ liveBefore }) => quantiles(liveBefore)],
  ['delivery from return to first delivery, p50 / p99 ms', ({ liveUntilFirst }) => quantiles(liveUntilFirst)],
  ['delivery during the drain, p50 / p99 ms', ({ liveInDrain }) => quantiles(liveInDrain)],
  [
    'highest bufferedBytes, MiB',
    ({ contender, highestBufferedBytes }) => (contender === 'stock' ? '–' : mebibytes(highestBufferedBytes)),
  ],
  [
    'RSS before / highest, MiB',
    ({ rssBeforeBytes, highestRssBytes }) => `${mebibytes(rssBeforeBytes)} / ${mebibytes(highestRssBytes)}`,
  ],
  [
    'left in the spool, MiB / files',
    ({ spoolLeft }) => (spoolLeft === undefined ? '–' : `${mebibytes(spoolLeft.bytes)} / ${spoolLeft.files}`),
  ],
]

/** A row for each figure and a column for each contender. */
export function tableOf(runs: readonly RunFigures[]): string {
  const lines = [['', ...runs.map(({ contender }) => contender)], ...ROWS.map(([title, cell]) => [title, ...runs.map(cell)])]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const pad = (text: string, column: number): string => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))
  return lines.map((line) => line.map(pad).join('  ')).join('\n')
}

function quantiles({ p50, p99 }: Quantiles): string {
  return `${count(p50)} / ${count(p99)}`
}

function oldest(kills: readonly Kill[]): number | undefined {
  const ages = kills.flatMap(({ oldestMillis }) => oldestMillis ?? [])
  return ages.length === 0 ? undefined : Math.max(...ages)
}
