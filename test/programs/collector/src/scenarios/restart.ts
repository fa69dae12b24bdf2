// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { BuiltCollector } from '../build-collector.js'
import { Collector } from '../collector-process.js'
import { forEachContender } from '../contender.js'
import type { Row } from '../row.js'
import { ReportingProgram } from '../reporting-program.js'
import { readWrittenSpans } from '../written-spans.js'

const SPANS_PER_SECOND = 2000
const SECONDS = 10
/** Well inside the time in which a batch may be sent again, 10 s. */
const GONE_MILLIS = 2000

/** The collector is stopped while spans keep coming, stays away, and comes back on the same port. */
export async function restartInTheMiddle(built: BuiltCollector): Promise<Row[]> {
  return [await restart(built), await restart(built, ', export thread', { SPANRING_WORKER: 'true' })]
}

async function restart(built: BuiltCollector, suffix = '', env: Readonly<Record<string, string>> = {}): Promise<Row> {
  await using collector = await Collector.start(built)
  const urls = [collector.ports.stock, collector.ports.spanring].map(({ http }) => `http://127.0.0.1:${http}/v1/traces`)
  const program = new ReportingProgram('run-steadily', { args: [...urls, String(SPANS_PER_SECOND), String(SECONDS)], env })
  try {
    await program.reachedHalf()
    await collector.stop()
    await sleep(GONE_MILLIS)
    await collector.startAgain()
    const { ended, stats, warnings = [] } = await program.report
    await collector.stop()
    const { stock, spanring } = await forEachContender((contender) => readWrittenSpans(collector.files[contender]))
    const faults: string[] = []
    const lost = ended - spanring.byId.size
    if (lost !== 0) faults.push(`ours lost ${lost} of ${ended}`)
    if (stats?.exported !== ended) faults.push(`our books say ${JSON.stringify(stats)}`)
    for (const text of warnings) if (text.includes('SPANRING_EXPORT_THREAD')) faults.push(text)
    const row = { ended, stock: stock.byId.size, ours: spanring.byId.size, 'ours twice': spanring.repeated }
    return { scenario: `restart, away for ${GONE_MILLIS / 1000} s${suffix}`, ...row, differences: 0, faults }
  } finally {
    program.kill()
  }
}
