// SPDX-License-Identifier: Apache-2.0
import { buildCollector } from './build-collector.js'
import type { BuiltCollector } from './build-collector.js'
import { withProgress } from './progress.js'
import type { Row } from './row.js'
import { compareApplication } from './scenarios/application.js'
import { compareFormats } from './scenarios/formats.js'
import { runOutOfMemory } from './scenarios/memory-limit.js'
import { compareRegister } from './scenarios/register.js'
import { restartInTheMiddle } from './scenarios/restart.js'

type Scenario = readonly [what: string, play: (built: BuiltCollector) => Promise<Row[]>]

const SCENARIOS: readonly Scenario[] = [
  ['the traced program in every format, stock and ours', compareFormats],
  ['100,000 spans of the instrumented application, stock and ours', compareApplication],
  ['an application that nobody has instrumented, by register, stock and ours', compareRegister],
  ['a restart of the collector while spans keep coming', restartInTheMiddle],
  ['the memory limiter of the collector', runOutOfMemory],
]

const built = await buildCollector()
if (built === undefined) console.log('test:collector did not run: it builds the OpenTelemetry Collector, and there is no Go here')
else await main(built)

async function main(collector: BuiltCollector): Promise<void> {
  const rows: Row[] = []
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (const [what, play] of SCENARIOS) rows.push(...(await withProgress(what, () => play(collector))))
  console.log(`\nOpenTelemetry Collector ${collector.version}: spans in the files that it wrote`)
  console.table(rows.map(({ faults, ...row }) => ({ ...row, result: faults.length === 0 ? 'as expected' : 'FAILED' })))
  for (const { scenario, faults } of rows) for (const fault of faults) console.log(`✗ ${scenario}: ${fault}`)
  if (rows.some(({ faults }) => faults.length > 0)) process.exitCode = 1
}
