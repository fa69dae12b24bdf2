// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { SeededRandom } from '@spanring/test-kit/random'
import { USAGE, parseArguments } from './arguments.js'
import type { OutageArguments } from './arguments.js'
import { tableOf } from './report.js'
import { runContender } from './run.js'
import type { RunFigures } from './run-figures.js'
import { faultsOf } from './verdict.js'

async function main(args: OutageArguments): Promise<void> {
  const { contenders, seconds, rate, hasSpool, kills, seed, sdk, json } = args
  const extras = `${hasSpool ? ', ours with a spool' : ''}${kills > 0 ? `, ${kills} kills, seed ${seed}` : ''}`
  console.log(`${seconds} s without a backend, ${rate} spans/s, SDK ${sdk}, Node.js ${process.version}${extras}`)
  const runs: RunFigures[] = []
  // The same moments for every contender.
  // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
  for (const contender of contenders) runs.push(await runContender(contender, args, new SeededRandom(seed)))
  console.log(tableOf(runs))
  const faults = runs.flatMap((run) => faultsOf(run, args).map((fault) => `${run.contender}: ${fault}`))
  for (const fault of faults) console.log(`MUST NOT BE: ${fault}`)
  if (json !== undefined) await writeFile(json, JSON.stringify({ args, runs, faults }, undefined, 2))
  if (faults.length > 0) process.exitCode = 1
}

const options = parseArguments(process.argv.slice(2))
if (options === undefined) console.log(USAGE)
else await main(options)
