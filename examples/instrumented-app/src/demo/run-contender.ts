// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sink } from '@spanring/sink'
import type { ContenderProcess } from './contender-process.js'
import type { Report } from './contender.js'
import { integer, seconds } from './format.js'
import { type LoadResult, runLoad } from './load-generator.js'
import type { LoadShape, PlannedRequest } from './load-plan.js'
import type { Progress } from './progress.js'

export interface Result {
  readonly name: ContenderProcess['name']
  readonly load: LoadResult
  readonly report: Report
  /** Spans, counted by the sink. */
  readonly delivered: number
  readonly deliveredTwice: number
}

/** How long spans may be on their way to the sink after the processor said that it is done. */
const settleMillis = 2000

/** Puts the load on one contender, and counts in the sink, which must be empty, what came of it. */
export async function runContender(
  contender: ContenderProcess,
  sink: Sink,
  plan: readonly PlannedRequest[],
  shape: LoadShape,
  progress: Progress,
): Promise<Result> {
  const startedAt = performance.now()
  let answered = 0
  let received = 0
  const show = setInterval(() => {
    void sink.stats().then((stats) => (received = stats.delivered))
    const elapsed = seconds(performance.now() - startedAt).padStart(6)
    const requests = `${integer(answered).padStart(6)} of ${integer(plan.length)} requests answered`
    progress.update(`${contender.name.padEnd(9)}${elapsed}  ${requests}, ${integer(received).padStart(7)} spans at the sink`)
  }, 500)
  const warmUp = setTimeout(() => contender.measure(), shape.warmUpMillis)
  try {
    const load = await runLoad(contender.url, plan, (count) => (answered = count))
    const report = await contender.finish()
    // The stock processor does not tell how many to wait for, so at most until all that ended are here.
    await Promise.race([sink.waitForSpans(report.counts?.exported ?? report.ended, settleMillis).catch(() => {}), settled(sink)])
    const { delivered, deliveredTwice } = await sink.stats()
    clearInterval(show)
    const took = seconds(performance.now() - startedAt).padStart(6)
    const requests = `${integer(load.answered).padStart(6)} of ${integer(plan.length)} requests answered`
    progress.done(`${contender.name.padEnd(9)}${took}  ${requests}, ${integer(delivered).padStart(7)} spans at the sink, done`)
    return { name: contender.name, load, report, delivered, deliveredTwice }
  } finally {
    clearInterval(show)
    clearTimeout(warmUp)
  }
}

/** Until nothing arrives any more. */
async function settled(sink: Sink): Promise<void> {
  let before = -1
  for (let now = 0; now !== before; await sleep(300)) {
    before = now
    now = (await sink.stats()).received
  }
}
