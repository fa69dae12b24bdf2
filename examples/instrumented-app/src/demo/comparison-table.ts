// SPDX-License-Identifier: Apache-2.0
import { total } from './accounting.js'
import { integer, micros, millis, seconds } from './format.js'
import type { Result } from './run-contender.js'

type Row = readonly [label: string, stock: string, spanring: string, ratio: string]

/** Both results side by side; the last column is spanring as a multiple of stock. */
export function comparisonTable(stock: Result, spanring: Result): string[] {
  const rows: Row[] = [
    ['requests answered', ...both((result) => result.load.answered, integer), ''],
    ['spans ended', ...both((result) => result.report.ended, integer), ''],
    ['spans delivered (counted by the sink)', ...both((result) => result.delivered, integer), ''],
    ...lossRows(),
    measured('onEnd p50', (result) => result.report.onEndMicros.p50, micros),
    measured('onEnd p99', (result) => result.report.onEndMicros.p99, micros),
    measured('onEnd p99.9', (result) => result.report.onEndMicros.p999, micros),
    measured('onEnd max', (result) => result.report.onEndMicros.max, micros),
    measured('event loop delay p99', (result) => result.report.loopDelayMillis.p99, millis),
    measured('event loop delay max', (result) => result.report.loopDelayMillis.max, millis),
    measured('CPU time of the service', (result) => result.report.cpuMillis, seconds),
    ...mainThreadRows(),
    measured('CPU share of one core', (result) => (result.report.cpuMillis / result.report.wallMillis) * 100, percent),
  ]
  return [line(['', 'stock', 'spanring', 'ratio']), '─'.repeat(width), ...rows.map(line)]

  function lossRows(): Row[] {
    const counts = spanring.report.counts
    const reasons = [
      ...Object.entries(counts?.dropped ?? {}).map(([reason, count]) => [`dropped: ${reason}`, count] as const),
      ...Object.entries(counts?.failed ?? {}).map(([reason, count]) => [`failed: ${reason}`, count] as const),
    ]
    return [
      ...reasons.map(([label, count]): Row => [label, '?', integer(count), '']),
      ['lost without a count', ...both(uncounted, integer), ''],
    ]
  }

  function mainThreadRows(): Row[] {
    if (stock.report.mainThreadMillis === undefined || spanring.report.mainThreadMillis === undefined) return []
    return [measured('of these, on the main thread', (result) => result.report.mainThreadMillis ?? 0, seconds)]
  }

  function measured(label: string, read: (result: Result) => number, format: (value: number) => string): Row {
    const ratio = read(spanring) / read(stock)
    return [label, ...both(read, format), times(ratio)]
  }

  function both(read: (result: Result) => number, format: (value: number) => string): [string, string] {
    return [format(read(stock)), format(read(spanring))]
  }
}

/** Spans that neither arrived nor are in a count of the processor. */
export function uncounted({ report, delivered }: Result): number {
  const { counts } = report
  const told = counts ? total(counts.dropped) + total(counts.failed) + counts.queued + counts.inFlight + counts.stored : 0
  return report.ended - delivered - told
}

const width = 38 + 3 * 14

function line([label, ...values]: Row): string {
  return (
    label.padEnd(38) +
    values
      .map((value) => value.padStart(14))
      .join('')
      .trimEnd()
  )
}

export function times(ratio: number): string {
  if (!Number.isFinite(ratio)) return ''
  return `× ${ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2)}`
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`
}
