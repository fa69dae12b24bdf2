// SPDX-License-Identifier: Apache-2.0
// How long span.end() takes inside the processor, at a steady rate, against the stock processor.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { forkSink } from '@spanring/sink'
import { describeEnvironment } from './environment.js'
import { USAGE, parseArguments } from './on-end/arguments.js'
import type { OnEndArguments } from './on-end/arguments.js'
import { playRounds } from './on-end/play-rounds.js'
import { progressLine, renderReport } from './on-end/report.js'
import type { Results } from './on-end/report.js'

const args = process.argv.slice(2)

const options = readOptions()
if (options?.from !== undefined) console.log(renderReport(read(options.from)))
else if (options !== undefined) await main(options)

/** Undefined when there is nothing to do, which was said. */
function readOptions(): OnEndArguments | undefined {
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

async function main({ rounds, json, ...play }: OnEndArguments): Promise<void> {
  const environment = describeEnvironment('bench:on-end', args)
  const { ratePerSecond, seconds, warmupSeconds } = play
  const sink = await forkSink({ keep: 'count' })
  try {
    const runs = await playRounds({ ...play, rounds }, sink, (run) => console.log(progressLine(run, rounds)))
    const results: Results = { environment, load: { ratePerSecond, seconds, warmupSeconds, rounds }, runs }
    console.log(`\n${renderReport(results)}`)
    if (json !== undefined) write(json, results)
    if (runs.some((run) => run.voidReasons.length > 0)) process.exitCode = 1
  } finally {
    await sink.close()
  }
}

function read(file: string): Results {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function write(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`)
}
