// SPDX-License-Identifier: Apache-2.0
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { quantilesOf } from '../quantiles.js'
import type { Quantiles } from '../quantiles.js'
import { loadSdk } from '../sdk-line.js'
import { createSpanSource } from '../span-source.js'
import { createContender } from './contender.js'
import type { Contender, Losses } from './contender.js'
import { runOpenLoop } from './open-loop.js'
import { TimedProcessor, timerOverheadMicros } from './timed-processor.js'

export interface Load {
  readonly ratePerSecond: number
  readonly seconds: number
  /** Runs first and is counted but not timed: V8 compiles, and the first batch of a process takes ten times as long. */
  readonly warmupSeconds: number
}

export interface Assignment extends Load, Contender {
  /** Where the stock exporter sends to. */
  readonly url: string
}

export interface Measurement extends Losses {
  /** Everything given to the processor, with warm-up. */
  readonly ended: number
  /** How many calls of `onEnd` were timed. */
  readonly timed: number
  readonly onEndMicros: Quantiles
  /** From a timer of 1 ms: an idle loop shows a little over 1 ms. */
  readonly loopDelayMillis: Quantiles
  /** User and system time of the whole process, from the first timed span to the last. */
  readonly cpuMicrosPerSpan: number
  readonly producedPerSecond: number
  /** The stop-watch around nothing, in this very process. */
  readonly timerMicros: Quantiles
}

/** Plays one contender in this process, from its construction to its shutdown. */
export async function measure({ processor, sdkLine, url, ...load }: Assignment): Promise<Measurement> {
  const count = Math.round(load.ratePerSecond * load.seconds)
  const warmupCount = Math.round(load.ratePerSecond * load.warmupSeconds)
  const sdk = await loadSdk(sdkLine)
  const contender = createContender(processor, sdk, url)
  const timed = new TimedProcessor(contender.spanProcessor, count)
  const source = createSpanSource(sdk, timed)
  const produce = (): void => source.next()

  await runOpenLoop({ ratePerSecond: load.ratePerSecond, count: warmupCount, produce })
  const loopDelay = monitorEventLoopDelay({ resolution: 1 })
  loopDelay.enable()
  timed.startRecording()
  const cpuBefore = process.cpuUsage()
  const millis = await runOpenLoop({ ratePerSecond: load.ratePerSecond, count, produce })
  const cpu = process.cpuUsage(cpuBefore)
  timed.stopRecording()
  loopDelay.disable()

  await source.forceFlush()
  // After the flush there is room: the stock processor takes this one and says how many it has dropped before.
  source.next()
  await source.shutdown()
  return {
    ended: timed.ended,
    ...contender.losses(),
    timed: timed.samples().length,
    onEndMicros: quantilesOf(timed.samples()),
    loopDelayMillis: {
      p50: loopDelay.percentile(50) / 1e6,
      p99: loopDelay.percentile(99) / 1e6,
      p999: loopDelay.percentile(99.9) / 1e6,
      max: loopDelay.max / 1e6,
    },
    cpuMicrosPerSpan: (cpu.user + cpu.system) / count,
    producedPerSecond: (count * 1000) / millis,
    // Last, so that it does not warm up what it is compared with.
    timerMicros: quantilesOf(timerOverheadMicros(20_000)),
  }
}
