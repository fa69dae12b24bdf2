// SPDX-License-Identifier: Apache-2.0
// Processor and exporter together against the stock pair, in everyday load and in trouble.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describeEnvironment } from './environment.js'
import { USAGE, parseArguments } from './pipeline/arguments.js'
import type { PipelineArguments } from './pipeline/arguments.js'
import { playScenario } from './pipeline/play-scenario.js'
import type { PipelineRun } from './pipeline/play-scenario.js'
import { environmentLine, progressLine, renderScenario } from './pipeline/report.js'

const args = process.argv.slice(2)

const options = readOptions()
if (options !== undefined) await main(options)

/** Undefined when there is nothing to do, which was said. */
function readOptions(): PipelineArguments | undefined {
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

async function main({ scenarios, rounds, json, profileDir }: PipelineArguments): Promise<void> {
  const environment = describeEnvironment('bench:pipeline', args)
  const runs: PipelineRun[] = []
  const reports: string[] = []
  for (const scenario of scenarios) {
    // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
    const played = await playScenario(scenario, { rounds: rounds ?? scenario.rounds, profileDir }, (run) =>
      console.error(progressLine(run)),
    )
    runs.push(...played)
    reports.push(renderScenario(scenario, played))
  }
  console.log([environmentLine(environment), ...reports].join('\n\n'))
  if (json !== undefined) {
    mkdirSync(dirname(json), { recursive: true })
    writeFileSync(json, `${JSON.stringify({ environment, runs }, undefined, 2)}\n`)
  }
  if (runs.some((run) => run.voidReasons.length > 0)) process.exitCode = 1
}
