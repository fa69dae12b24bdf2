// SPDX-License-Identifier: Apache-2.0
import { runLoad } from '@spanring/instrumented-app/dist/esm/demo/load-generator.js'
import { planLoad } from '@spanring/instrumented-app/dist/esm/demo/load-plan.js'
import type { BuiltCollector } from '../build-collector.js'
import { Collector } from '../collector-process.js'
import { compareSpans, describeComparison } from '../compare-spans.js'
import { forEachContender } from '../contender.js'
import type { Row } from '../row.js'
import { ReportingProgram } from '../reporting-program.js'
import { readWrittenSpans } from '../written-spans.js'

const WANTED_SPANS = 100_000
/** What the demo's load makes of the application in 42 s, in half of the time. */
const SHAPE = { warmUpMillis: 0, measuredMillis: 42_000, requestsPerSecond: 60, orderCount: 100 }
const FASTER = 2

/**
 * The instrumented application under load. Two runs of it have other ids, times and ports; here one run gives its spans
 * to both pipelines.
 */
export async function compareApplication(built: BuiltCollector): Promise<Row[]> {
  await using collector = await Collector.start(built)
  const url = (port: number): string => `http://127.0.0.1:${port}/v1/traces`
  const program = new ReportingProgram('run-application', {
    preload: 'telemetry-of-both',
    env: { STOCK_URL: url(collector.ports.stock.http), SPANRING_URL: url(collector.ports.spanring.http) },
  })
  try {
    const plan = planLoad(SHAPE).map((request) => ({ ...request, atMillis: request.atMillis / FASTER }))
    const { unexpected } = await runLoad(await program.url(), plan, () => {})
    program.stop()
    const { ended } = await program.report
    await collector.stop()
    const written = await forEachContender((contender) => readWrittenSpans(collector.files[contender]))
    const comparison = compareSpans(written.stock, written.spanring)
    const faults = describeComparison(comparison)
    for (const [what, times] of Object.entries(unexpected)) faults.push(`${times} times ${what}`)
    if (ended < WANTED_SPANS) faults.push(`only ${ended} spans have ended, fewer than ${WANTED_SPANS}`)
    if (written.spanring.byId.size !== ended) faults.push(`ours delivered ${written.spanring.byId.size} of ${ended}`)
    if (written.spanring.repeated > 0) faults.push(`ours delivered ${written.spanring.repeated} spans twice`)
    const row = { ended, stock: written.stock.byId.size, ours: written.spanring.byId.size }
    const differences = comparison.differences.size
    return [{ scenario: 'application', ...row, 'ours twice': written.spanring.repeated, differences, faults }]
  } finally {
    program.kill()
  }
}
