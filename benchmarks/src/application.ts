// SPDX-License-Identifier: Apache-2.0
// What tracing costs a whole application: `npm run bench:app -- [--quick] [--rounds N] [--json FILE] [--save] [filter]`.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { LOADS } from './application/load.js'
import { playApplication } from './application/play-application.js'
import type { AppRun } from './application/play-application.js'
import { TELEMETRIES, TELEMETRY_TITLES } from './application/telemetry.js'
import { describeEnvironment } from './environment.js'
import { count } from './markdown-table.js'
import { renderApplicationTables } from './report/application-tables.js'
import { saveResults } from './report/result-file.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    json: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})
if (values.quick && values.save) throw new RangeError('--quick makes no results that are worth --save')
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
const seconds = values.quick ? { warmup: 1, measured: 1 } : { warmup: 3, measured: 10 }
const filter = new RegExp(positionals[0] ?? '')
const environment = describeEnvironment('bench:app', process.argv.slice(2))
const runs: AppRun[] = []
for (const load of LOADS.filter(({ name }) => filter.test(name))) {
  for (let round = 1; round <= rounds; round++) {
    for (const telemetry of round % 2 === 1 ? TELEMETRIES : TELEMETRIES.toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
      const run = await playApplication(load, telemetry, round, seconds)
      runs.push(run)
      console.error(
        `${load.name} · round ${round} · ${TELEMETRY_TITLES[telemetry].padEnd(23)} · ${count(Math.round(run.requestsPerSecond))} requests/s`,
      )
    }
  }
  save()
}
console.log(`\n${renderApplicationTables(runs)}`)

/** After every load: what was measured must not be lost to what comes after it. */
function save(): void {
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ environment, runs })}\n`)
  if (!values.save) return
  const results = { environment, scenarios: [], runs: [], largestRates: [], application: { environment, runs } }
  saveResults(results, new URL('../../results/', import.meta.url))
}
