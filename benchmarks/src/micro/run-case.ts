// SPDX-License-Identifier: Apache-2.0
// The process of one case: what V8 has learned from another case would change its figures.
import type { SdkLine } from '@spanring/sdk-lines'
import { Bench } from 'tinybench'
import { CASES } from './cases.js'
import type { Counts, MicroCase } from './micro-case.js'

const MEASURED_MILLIS = 1500
const WARM_UP_SHARE = 1 / 3

export interface Figures {
  readonly nanosPerOp: number
  readonly p50Nanos: number
  readonly rmePercent: number
  readonly samples: number
  readonly counts?: Counts | undefined
}

export interface CaseAssignment {
  readonly name: string
  readonly sdkLine: SdkLine
}

process.once('message', (assignment: CaseAssignment) => {
  void run(assignment)
})

async function run({ name, sdkLine }: CaseAssignment): Promise<void> {
  const create = CASES[name]
  if (create === undefined) throw new RangeError(`there is no case ${name}`)
  const figures = await measure(name, await create(sdkLine))
  // Stock leaves a timer of a day behind here.
  process.send?.(figures, () => process.exit())
}

async function measure(name: string, micro: MicroCase): Promise<Figures> {
  const { opsPerBatch, measuredMillis = MEASURED_MILLIS } = micro
  const bench = new Bench({ time: measuredMillis, warmupTime: measuredMillis * WARM_UP_SHARE, throws: true })
  bench.add(name, () => micro.batch(), { async: false, beforeEach: () => micro.between?.() })
  const [task] = await bench.run()
  if (task?.result.state !== 'completed') throw new Error(`${name} ended as ${task?.result.state}`)
  const { mean, p50, rme, samplesCount } = task.result.latency
  const nanosPerOp = (millis: number): number => (millis * 1e6) / opsPerBatch
  return {
    nanosPerOp: nanosPerOp(mean),
    p50Nanos: nanosPerOp(p50),
    rmePercent: rme,
    samples: samplesCount,
    counts: await micro.close?.(),
  }
}
