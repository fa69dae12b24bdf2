// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { forkSink } from '@spanring/sink'
import type { SinkStats } from '@spanring/sink'
import { BackendGate } from './backend-gate.js'
import type { OutageFigures } from './backend-gate.js'
import type { Assignment, PairMeasurement } from './measure-pair.js'
import type { PairName } from './pair.js'
import type { PairMessage } from './run-pair.js'
import type { Scenario } from './scenarios.js'

export interface PipelineRun extends PairMeasurement {
  readonly scenario: string
  readonly pair: PairName
  readonly round: number
  /** Different spans that the receiver, in its own process, has acknowledged. */
  readonly delivered: number
  readonly receivedTwice: number
  readonly outage?: OutageFigures & { readonly firstSuccessMillis: number | undefined }
  /** Why this run counts for nothing; empty when the accounting closes. */
  readonly voidReasons: readonly string[]
}

export interface PlayOptions {
  readonly rounds: number
  /** Directory for one CPU profile per run. Profiling changes what is measured. */
  readonly profileDir?: string | undefined
}

/** Every pair once per round, one at a time, in processes of their own; the order is turned around every second round. */
export async function playScenario(
  scenario: Scenario,
  { rounds, profileDir }: PlayOptions,
  onRun: (run: PipelineRun) => void,
): Promise<PipelineRun[]> {
  const runs: PipelineRun[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const pair of round % 2 === 1 ? scenario.pairs : scenario.pairs.toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
      const run = await playPair(scenario, pair, round, profileDir)
      runs.push(run)
      onRun(run)
    }
  }
  return runs
}

async function playPair(scenario: Scenario, pair: PairName, round: number, profileDir?: string): Promise<PipelineRun> {
  const sink = await forkSink({ keep: 'count' })
  const gate = scenario.outage === undefined ? undefined : new BackendGate(sink.url)
  try {
    if (scenario.answerMillis !== undefined) await sink.script({ delayMillis: scenario.answerMillis })
    if (scenario.endsWith === 'status 503') await sink.script({ status: 503 })
    if (scenario.endsWith === 'refused') await sink.close()
    const url = (await gate?.listen()) ?? sink.url
    let outage: Promise<PipelineRun['outage']> | undefined
    const measurement = await inOwnProcess({ pair, scenario, url }, profileDir, () => {
      outage = play(scenario, gate)
    })
    const received = scenario.endsWith === 'refused' ? undefined : await sink.stats()
    const figures = await outage
    return {
      scenario: scenario.name,
      pair,
      round,
      ...measurement,
      delivered: (received?.delivered ?? 0) - (received?.deliveredTwice ?? 0),
      receivedTwice: received?.duplicates ?? 0,
      ...(figures === undefined ? {} : { outage: figures }),
      voidReasons: voidReasons(scenario, pair, measurement, received),
    }
  } finally {
    await gate?.close()
    await sink.close()
  }
}

async function play({ outage }: Scenario, gate: BackendGate | undefined): Promise<PipelineRun['outage']> {
  if (outage === undefined || gate === undefined) return undefined
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

/**
 * Why a run cannot be believed: a span that is neither at the receiver nor in the pair's own counts of what it lost. The
 * stock pair counts no failures, so what it does not deliver is all that is known of it.
 */
function voidReasons(scenario: Scenario, pair: PairName, measured: PairMeasurement, received?: SinkStats): string[] {
  if (pair !== 'spanring') return []
  const { ended, exported = 0, dropped, failed } = measured
  const reasons: string[] = []
  const open = ended - exported - dropped - failed
  if (open !== 0)
    reasons.push(`ended ${ended} ≠ exported ${exported} + dropped ${dropped} + failed ${failed}: ${open} unexplained`)
  if (received === undefined) return reasons
  const delivered = received.delivered - received.deliveredTwice
  // What was cut in the middle of an answer has arrived, and is sent again or given up.
  const mayDiffer = scenario.outage !== undefined
  if (delivered < exported || (delivered > exported && !mayDiffer)) {
    reasons.push(`exported ${exported}, but the receiver has ${delivered}`)
  }
  if (received.duplicates > 0 && !mayDiffer && scenario.endsWith === undefined) {
    reasons.push(`${received.duplicates} spans were received twice`)
  }
  return reasons
}

async function inOwnProcess(
  assignment: Assignment,
  profileDir: string | undefined,
  onStart: () => void,
): Promise<PairMeasurement> {
  const child = fork(fileURLToPath(new URL('run-pair.js', import.meta.url)), {
    execArgv: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`],
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    let measurement: PairMeasurement | undefined
    child.once('error', reject)
    child.on('message', (message: PairMessage) => {
      if (message.kind === 'started') onStart()
      else measurement = message.measurement
    })
    // Not before it has ended: its shutdown must not be on the clock of the next one.
    child.once('exit', (code, signal) => {
      if (measurement !== undefined) resolve(measurement)
      else reject(new Error(`the process of ${assignment.pair} has ended (${signal ?? `exit code ${code}`})`))
    })
    child.send(assignment)
  })
}
