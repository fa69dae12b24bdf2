// SPDX-License-Identifier: Apache-2.0
// Processor and exporter together, from everyday load to trouble: `npm run bench -- [options] [filter]`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { nameOf } from './contender.js'
import { USAGE, parseArguments } from './end-to-end/arguments.js'
import type { BenchArguments } from './end-to-end/arguments.js'
import { findLargestRate, searchOf } from './end-to-end/largest-rate.js'
import type { LargestRate } from './end-to-end/largest-rate.js'
import { playScenario } from './end-to-end/play.js'
import type { Run } from './end-to-end/play.js'
import { isUnaccounted } from './end-to-end/void-reasons.js'
import { describeEnvironment } from './environment.js'
import { count } from './markdown-table.js'
import { saveResults } from './report/result-file.js'
import type { Results } from './report/results.js'
import { progressLine, renderTables } from './report/tables.js'

const args = process.argv.slice(2)

const options = readOptions()
if (options !== undefined) await main(options)

/** Undefined when there is nothing to do, which was said. */
function readOptions(): BenchArguments | undefined {
  try {
    const parsed = parseArguments(args)
    if (parsed === undefined) console.log(USAGE)
    return parsed
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exitCode = 2
    return undefined
  }
}

async function main({ scenarios, rateContenders, isQuick, rounds, json, isSaved }: BenchArguments): Promise<void> {
  const environment = describeEnvironment('bench', args)
  const runs: Run[] = []
  const largestRates: LargestRate[] = []
  const tries: Run[] = []
  const results: Results = { environment, scenarios, runs, largestRates }
  // After every scenario: an hour of measuring must not be lost to its last minute.
  const save = (): void => {
    if (json !== undefined) write(json, results)
    if (isSaved) saveResults(results, new URL('../../results/', import.meta.url))
  }
  for (const scenario of scenarios) {
    // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
    runs.push(...(await playScenario(scenario, { rounds }, (run) => console.error(progressLine(run)))))
    save()
  }
  for (const answerMillis of [0, 100]) {
    for (const contender of rateContenders) {
      // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
      const found = await findLargestRate(contender, answerMillis, searchOf(isQuick), (run, perSecond, holds) => {
        tries.push(run)
        console.error(
          `largest rate · ${nameOf(contender)} · backend ${answerMillis} ms · ${count(perSecond)} spans/s ${holds ? 'hold' : 'do not hold'}`,
        )
      })
      largestRates.push(found)
      save()
    }
  }
  console.log(renderTables(results, { judges: !isQuick }))
  const unaccounted = [...runs, ...tries].filter(isUnaccounted)
  for (const run of unaccounted) console.error(`not accounted for: ${progressLine(run)}`)
  // A short run on a busy machine may be void for want of time, which is nothing to fail for.
  if (unaccounted.length > 0 || (!isQuick && runs.some(({ voidReasons }) => voidReasons.length > 0))) process.exitCode = 1
}

function write(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results)}\n`)
}
