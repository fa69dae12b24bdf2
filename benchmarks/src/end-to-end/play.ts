// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { forkSink } from '@spanring/sink'
import type { SinkStats } from '@spanring/sink'
import { nameOf } from '../contender.js'
import type { Contender } from '../contender.js'
import { BackendGate } from './backend-gate.js'
import type { OutageFigures } from './backend-gate.js'
import type { Assignment, Measurement } from './measure.js'
import type { ContenderMessage } from './run-contender.js'
import type { Scenario } from './scenario.js'
import { voidReasons } from './void-reasons.js'

export interface Run extends Contender, Measurement {
  readonly scenario: string
  readonly round: number
  /** Different spans that the receiver, in its own process, has acknowledged. */
  readonly delivered: number
  readonly receivedTwice: number
  readonly wireBytesPerSpan: number
  readonly outage?: OutageFigures & { readonly firstSuccessMillis: number | undefined }
  /** Why this run counts for nothing; empty when the accounting closes. */
  readonly voidReasons: readonly string[]
}

export interface PlayOptions {
  /** Instead of what the scenario says. */
  readonly rounds?: number | undefined
  /** Flags of Node.js for the process that is measured; profiling changes what is measured. */
  readonly execArgv?: readonly string[]
}

type OutageOutcome = NonNullable<Run['outage']>

/** Every contender once per round, one at a time, in processes of their own; the order is turned around every second round. */
export async function playScenario(scenario: Scenario, options: PlayOptions, onRun: (run: Run) => void): Promise<Run[]> {
  const runs: Run[] = []
  const { contenders } = scenario
  for (let round = 1; round <= (options.rounds ?? scenario.rounds); round++) {
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
      const run = await playOnce(scenario, contender, round, options.execArgv)
      runs.push(run)
      onRun(run)
    }
  }
  return runs
}

export async function playOnce(
  scenario: Scenario,
  contender: Contender,
  round: number,
  execArgv: readonly string[] = [],
): Promise<Run> {
  const sink = await forkSink({ keep: 'count', grpc: contender.exporter === 'stock gRPC' })
  const gate = scenario.outage === undefined ? undefined : new BackendGate(sink.url)
  try {
    if (scenario.answerMillis !== undefined) await sink.script({ delayMillis: scenario.answerMillis })
    if (scenario.endsBefore === 'status 503') await sink.script({ status: 503 })
    if (scenario.endsBefore === 'silent') await sink.script({ fault: 'never' })
    if (scenario.endsBefore === 'refused') await sink.close()
    const target = { url: (await gate?.listen()) ?? sink.url, grpcUrl: sink.grpcUrl }
    let outage: Promise<OutageOutcome> | undefined
    const measurement = await inOwnProcess({ contender, scenario, target }, execArgv, () => {
      if (gate !== undefined && scenario.outage !== undefined) outage = play(scenario.outage, gate)
    })
    const received = scenario.endsBefore === 'refused' ? undefined : await sink.stats()
    const figures = await outage
    return {
      scenario: scenario.name,
      ...contender,
      round,
      ...measurement,
      delivered: (received?.delivered ?? 0) - (received?.deliveredTwice ?? 0),
      receivedTwice: received?.duplicates ?? 0,
      wireBytesPerSpan: bytesPerSpan(received),
      ...(figures === undefined ? {} : { outage: figures }),
      voidReasons: voidReasons(contender, scenario, measurement, received),
    }
  } finally {
    await gate?.close()
    await sink.close()
  }
}

function bytesPerSpan(received: SinkStats | undefined): number {
  return received === undefined || received.received === 0 ? NaN : received.bytesOnTheWire / received.received
}

async function play(outage: NonNullable<Scenario['outage']>, gate: BackendGate): Promise<OutageOutcome> {
  await sleep(outage.atSeconds * 1000)
  gate.shut()
  await sleep(outage.seconds * 1000)
  const figures = gate.open()
  const openedAt = performance.now()
  // oxlint-disable-next-line no-await-in-loop -- polling
  while (gate.firstAnswerAt === undefined && performance.now() - openedAt < 30_000) await sleep(10)
  const { firstAnswerAt } = gate
  return { ...figures, firstSuccessMillis: firstAnswerAt === undefined ? undefined : firstAnswerAt - openedAt }
}

async function inOwnProcess(assignment: Assignment, execArgv: readonly string[], onStart: () => void): Promise<Measurement> {
  const child = fork(fileURLToPath(new URL('run-contender.js', import.meta.url)), {
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    let measurement: Measurement | undefined
    child.once('error', reject)
    child.on('message', (message: ContenderMessage) => {
      if (message.kind === 'started') onStart()
      else measurement = message.measurement
    })
    // Not before it has ended: its shutdown must not be on the clock of the next one.
    child.once('exit', (code, signal) => {
      if (measurement !== undefined) resolve(measurement)
      else reject(new Error(`the process of ${nameOf(assignment.contender)} has ended (${signal ?? `exit code ${code}`})`))
    })
    child.send(assignment)
  })
}
