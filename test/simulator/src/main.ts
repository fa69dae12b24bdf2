// SPDX-License-Identifier: Apache-2.0
import { USAGE, parseArguments } from './arguments.js'
import type { SimulatorArguments } from './arguments.js'
import { runSeeds, serveJobs } from './jobs.js'
import type { Finding, Summary } from './jobs.js'
import { runSeed } from './run-seed.js'

/** How often to say how far it is, in milliseconds. */
const PROGRESS_MILLIS = 2000
/** No more findings than this are printed. */
const MOST_FINDINGS = 20

function replay(seed: number): string {
  return `npm run simulate -- --seed ${seed} --trace`
}

function runOne(seed: number, isTraced: boolean): void {
  const result = runSeed(seed, isTraced ? (line) => console.log(line) : undefined)
  const { violation, hash, events, ended, accepted, simulatedMillis } = result
  const seconds = (simulatedMillis / 1000).toFixed(1)
  console.log(`seed ${seed}: ${events} events in ${seconds} s, ${ended} spans ended, ${accepted} arrived, hash ${hash}`)
  if (violation === undefined) return
  console.log(`VIOLATED: ${violation}`)
  process.exitCode = 1
}

async function runMany({ first, count, jobs, untilFound }: SimulatorArguments): Promise<void> {
  const startedAt = performance.now()
  let saidAt = startedAt
  let printed = 0
  const print = (findings: readonly Finding[]): void => {
    for (const { seed, violation } of findings.slice(printed, untilFound ? 1 : MOST_FINDINGS)) {
      console.log(`seed ${seed}: ${violation}`)
      if (!untilFound) console.log(`  ${replay(seed)}`)
    }
    printed = findings.length
  }
  const onProgress = (summary: Summary): boolean => {
    print(summary.findings)
    const now = performance.now()
    if (now - saidAt >= PROGRESS_MILLIS) {
      saidAt = now
      const rate = (summary.seeds / (now - startedAt)) * 1000
      const left = Math.ceil((count - summary.seeds) / rate)
      console.log(`simulate: ${summary.seeds} of ${count} seeds, ${summary.findings.length} failed, ${left} s left`)
    }
    return !untilFound || summary.findings.length === 0
  }
  const { findings, seeds, events, ended, simulatedMillis } = await runSeeds({ first, count }, jobs, onProgress)
  const seconds = (performance.now() - startedAt) / 1000
  console.log(
    `${seeds} seeds, ${findings.length} failed, in ${seconds.toFixed(1)} s: ${(seeds / seconds).toFixed(0)} seeds and ` +
      `${(events / seconds / 1000).toFixed(0)}k events a second; ${ended} spans, ${(simulatedMillis / 3_600_000).toFixed(1)} h simulated`,
  )
  if (findings.length > 0 !== untilFound) process.exitCode = 1
}

const options = parseArguments(process.argv.slice(2))
if (options === undefined) console.log(USAGE)
else if (options.isJob) serveJobs()
else if (options.seed !== undefined) {
  const { seed, trace } = options
  setImmediate(() => runOne(seed, trace))
} else void runMany(options)
