// SPDX-License-Identifier: Apache-2.0
import { settle } from './accounting.js'
import { times, uncounted } from './comparison-table.js'
import { integer, micros } from './format.js'
import type { Result } from './run-contender.js'

export interface Judgement {
  /** Where the spans of each contender went. */
  readonly accounting: readonly string[]
  /** Reasons for a non-zero exit code. */
  readonly faults: readonly string[]
  readonly conclusion: readonly string[]
}

/** Does the accounting close, and did both do the same work? */
export function judge(stock: Result, spanring: Result): Judgement {
  const faults: string[] = []
  const accounting: string[] = []
  for (const result of [stock, spanring]) {
    const { name, load, report, delivered, deliveredTwice } = result
    const balance = settle({ ended: report.ended, delivered, counts: report.counts })
    const mark = balance.faults.length === 0 ? '✓' : '✗'
    accounting.push(...balance.equations.map((equation) => `${name.padEnd(9)}${equation} ${mark}`))
    faults.push(...balance.faults.map((fault) => `${name}: ${fault}`))
    if (deliveredTwice > 0) faults.push(`${name}: ${integer(deliveredTwice)} spans arrived twice`)
    for (const [what, count] of Object.entries(load.unexpected)) faults.push(`${name}: ${integer(count)} × ${what}`)
  }
  if (!spanring.report.counts) faults.push('spanring: the processor gave no counts')
  if (stock.report.ended !== spanring.report.ended)
    faults.push(`not the same work: stock ended ${integer(stock.report.ended)}, spanring ${integer(spanring.report.ended)}`)
  return { accounting, faults, conclusion: conclude(stock, spanring) }
}

/** What the numbers say, good or bad. */
function conclude(stock: Result, spanring: Result): string[] {
  const cpu = times(spanring.report.cpuMillis / stock.report.cpuMillis)
  return [`stock:    ${fate(stock)}`, `spanring: ${fate(spanring)}; CPU time ${cpu}`]
}

function fate(result: Result): string {
  const slow = `onEnd p99.9 ${micros(result.report.onEndMicros.p999)}`
  if (lost(result) === 0) return `every span delivered; ${slow}`
  return `${integer(lost(result))} spans not delivered, ${counted(result)} counted; ${slow}`
}

function counted(result: Result): string {
  const count = lost(result) - uncounted(result)
  if (count === lost(result)) return 'all of them'
  return count === 0 ? 'none of them' : `${integer(count)} of them`
}

function lost({ report, delivered }: Result): number {
  return report.ended - delivered
}
