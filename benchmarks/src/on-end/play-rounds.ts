// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Sink } from '@spanring/sink'
import { CONTENDERS, nameOf } from './contender.js'
import type { Contender } from './contender.js'
import type { Assignment, Load, Measurement } from './measure.js'
import { voidReasons } from './void-reasons.js'

export interface Run extends Contender, Measurement {
  readonly round: number
  /** Spans that the receiver, in its own process, has counted and acknowledged. */
  readonly delivered: number
  /** Why this run counts for nothing; empty when the accounting closes. */
  readonly voidReasons: readonly string[]
}

export interface RoundsOptions extends Load {
  readonly rounds: number
  /** Directory for one CPU profile per run. Profiling changes what is measured. */
  readonly profileDir?: string | undefined
}

/**
 * Every contender once per round, one at a time, each in a process of its own. The order is turned around every second
 * round, so that whatever drifts on the machine meets the first as often as the last.
 */
export async function playRounds(options: RoundsOptions, sink: Sink, onRun: (run: Run) => void): Promise<Run[]> {
  const runs: Run[] = []
  for (let round = 1; round <= options.rounds; round++) {
    const order = round % 2 === 1 ? CONTENDERS : CONTENDERS.toReversed()
    for (const contender of order) {
      // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
      const run = await play(contender, round, options, sink)
      runs.push(run)
      onRun(run)
    }
  }
  return runs
}

async function play(contender: Contender, round: number, options: RoundsOptions, sink: Sink): Promise<Run> {
  await sink.reset()
  const { ratePerSecond, seconds, warmupSeconds } = options
  const assignment: Assignment = { ...contender, ratePerSecond, seconds, warmupSeconds, url: sink.url }
  const measurement = await inOwnProcess(assignment, options.profileDir)
  const received = await sink.stats()
  return {
    ...contender,
    round,
    ...measurement,
    delivered: received.delivered,
    voidReasons: voidReasons(contender, measurement, received),
  }
}

async function inOwnProcess(assignment: Assignment, profileDir: string | undefined): Promise<Measurement> {
  const child = fork(fileURLToPath(new URL('run-contender.js', import.meta.url)), {
    execArgv: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    let measurement: Measurement | undefined
    child.once('error', reject)
    child.once('message', (message: Measurement) => (measurement = message))
    // Not before it has ended: its shutdown must not be on the clock of the next one.
    child.once('exit', (code, signal) => {
      if (measurement !== undefined) resolve(measurement)
      else reject(new Error(`the process of ${nameOf(assignment)} has ended (${signal ?? `exit code ${code}`})`))
    })
    child.send(assignment)
  })
}
