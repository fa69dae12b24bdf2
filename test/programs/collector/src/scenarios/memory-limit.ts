// SPDX-License-Identifier: Apache-2.0
import { sumOf } from '@spanring/test-kit/accounting'
import type { BuiltCollector } from '../build-collector.js'
import { Collector } from '../collector-process.js'
import { forEachContender } from '../contender.js'
import type { Report } from '../programs/messages.js'
import type { Row } from '../row.js'
import { ReportingProgram } from '../reporting-program.js'
import { readWrittenSpans } from '../written-spans.js'

/**
 * Holds four seconds of spans, which is twice what it may: it refuses, writes, and takes again. With two seconds it was just
 * enough, and refused for less than the time between two batches.
 */
const SOMETIMES = { memoryLimitMebibytes: 20, batchMillis: 4000 }
/** Less than the collector needs for itself: it refuses everything. */
const ALWAYS = { memoryLimitMebibytes: 2 }

export async function runOutOfMemory(built: BuiltCollector): Promise<Row[]> {
  return [await sometimes(built), await always(built)]
}

async function sometimes(built: BuiltCollector): Promise<Row> {
  await using collector = await Collector.start(built, SOMETIMES)
  const { report, faults, ours, repeated } = await sendSteadily(collector, 6000, 8)
  if (ours !== report.ended) faults.push(`ours lost ${report.ended - ours} of ${report.ended}: ${JSON.stringify(report.stats)}`)
  return {
    scenario: 'memory limiter refuses at times',
    ended: report.ended,
    stock: '–',
    ours,
    'ours twice': repeated,
    differences: 0,
    faults,
  }
}

async function always(built: BuiltCollector): Promise<Row> {
  await using collector = await Collector.start(built, ALWAYS)
  const { report, faults, ours, repeated } = await sendSteadily(collector, 1000, 3)
  const { ended, stats } = report
  const counted = sumOf({ ...stats?.failed, ...stats?.dropped })
  // What was taken before the limiter looked for the first time is not lost.
  if (stats === undefined || counted === 0 || counted + stats.exported !== ended || stats.exported !== ours)
    faults.push(`the books do not agree with the file, ${ours} of ${ended}: ${JSON.stringify(stats)}`)
  return { scenario: 'memory limiter refuses always', ended, stock: '–', ours, 'ours twice': repeated, differences: 0, faults }
}

interface Sent {
  readonly report: Report
  readonly faults: string[]
  readonly ours: number
  readonly repeated: number
}

async function sendSteadily(collector: Collector, perSecond: number, seconds: number): Promise<Sent> {
  const url = `http://127.0.0.1:${collector.ports.spanring.http}/v1/traces`
  const program = new ReportingProgram('run-steadily', { args: ['', url, String(perSecond), String(seconds)] })
  try {
    const report = await program.report
    await collector.stop()
    const { spanring } = await forEachContender((contender) => readWrittenSpans(collector.files[contender]))
    const faults: string[] = []
    if (!collector.log.includes('Refusing data')) faults.push('the collector never refused anything')
    if (!report.warnings?.some((text) => /\b(429|503)\b/.test(text)))
      faults.push(`no answer was 429 or 503: ${JSON.stringify(report.warnings)}`)
    return { report, faults, ours: spanring.byId.size, repeated: spanring.repeated }
  } finally {
    program.kill()
  }
}
