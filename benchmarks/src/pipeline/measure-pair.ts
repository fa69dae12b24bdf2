// SPDX-License-Identifier: Apache-2.0
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { runOpenLoop } from '../on-end/open-loop.js'
import { TimedProcessor } from '../on-end/timed-processor.js'
import { quantilesOf } from '../quantiles.js'
import type { Quantiles } from '../quantiles.js'
import { loadSdk } from '../sdk-line.js'
import { createSpanSource } from '../span-source.js'
import type { SpanSource } from '../span-source.js'
import { createPair } from './pair.js'
import type { Account, PairName } from './pair.js'
import type { Load, Scenario } from './scenarios.js'
import { mainThreadMicros } from './thread-clock.js'

export interface Assignment {
  readonly pair: PairName
  readonly scenario: Scenario
  /** Where the exporter sends to. */
  readonly url: string
}

export interface PairMeasurement extends Account {
  /** Everything given to the processor, with warm-up. */
  readonly ended: number
  readonly onEndMicros: Quantiles
  readonly loopDelayMillis: Quantiles
  /** While the load was on; the flush afterwards is not in it. */
  readonly mainThreadMicrosPerSpan: number
  readonly cpuMicrosPerSpan: number
  /** From the call of forceFlush, or of forceFlush and shutdown together, to the end. */
  readonly endMillis: number
  readonly mostBufferedBytes: number
  readonly mostHeapBytes: number
  readonly mostRssBytes: number
}

const SAMPLE_MILLIS = 100
/** What an application that goes on gives its exports after a flush that has rejected early, in milliseconds. */
const SETTLE_MILLIS = 1000

/** Plays one pair in this process, from its construction to its shutdown; `onStart` is called when the load begins. */
export async function measurePair({ pair: name, scenario, url }: Assignment, onStart: () => void): Promise<PairMeasurement> {
  const { load, warmupSeconds, endsWith, maxQueueSize } = scenario
  const sdk = await loadSdk('2.12')
  const pair = createPair(name, sdk, url, maxQueueSize === undefined ? {} : { maxQueueSize })
  const count = spansOf(load)
  const timed = new TimedProcessor(pair.spanProcessor, count)
  const source = createSpanSource(sdk, timed)
  if (warmupSeconds > 0) await play({ ...load, seconds: warmupSeconds }, source)

  const most = { buffered: 0, heap: 0, rss: 0 }
  const sample = (): void => {
    const { heapUsed, rss } = process.memoryUsage()
    most.buffered = Math.max(most.buffered, pair.bufferedBytes())
    most.heap = Math.max(most.heap, heapUsed)
    most.rss = Math.max(most.rss, rss)
  }
  // Where time is measured too, the look at memory must not be: reading it takes as long as some batches do.
  const sampler = scenario.outage === undefined ? undefined : setInterval(sample, SAMPLE_MILLIS)
  const loopDelay = monitorEventLoopDelay({ resolution: 1 })
  onStart()
  loopDelay.enable()
  timed.startRecording()
  const cpuBefore = process.cpuUsage()
  const mainBefore = mainThreadMicros()
  await play(load, source)
  const mainMicros = mainThreadMicros() - mainBefore
  const cpu = process.cpuUsage(cpuBefore)
  timed.stopRecording()
  loopDelay.disable()
  sample()

  const startedAt = performance.now()
  await (endsWith === undefined ? source.forceFlush() : Promise.allSettled([source.forceFlush(), source.shutdown()])).catch(
    ignore,
  )
  const endMillis = performance.now() - startedAt
  clearInterval(sampler)
  // After the flush there is room: the stock processor takes this one and says how many it has dropped before.
  if (endsWith === undefined) {
    await sleep(SETTLE_MILLIS)
    source.next()
  }
  await source.shutdown().catch(ignore)
  return {
    ended: timed.ended,
    ...pair.account(),
    onEndMicros: quantilesOf(timed.samples()),
    loopDelayMillis: {
      p50: loopDelay.percentile(50) / 1e6,
      p99: loopDelay.percentile(99) / 1e6,
      p999: loopDelay.percentile(99.9) / 1e6,
      max: loopDelay.max / 1e6,
    },
    mainThreadMicrosPerSpan: mainMicros / count,
    cpuMicrosPerSpan: (cpu.user + cpu.system) / count,
    endMillis,
    mostBufferedBytes: most.buffered,
    mostHeapBytes: most.heap,
    mostRssBytes: most.rss,
  }
}

function spansOf(load: Load): number {
  return load.kind === 'rate' ? Math.round(load.perSecond * load.seconds) : load.spans * burstsOf(load)
}

function burstsOf({ seconds, everyMillis }: Extract<Load, { kind: 'bursts' }>): number {
  return Math.max(1, Math.round((seconds * 1000) / everyMillis))
}

async function play(load: Load, source: SpanSource): Promise<void> {
  const produce = (): void => source.next()
  if (load.kind === 'rate') {
    await runOpenLoop({ ratePerSecond: load.perSecond, count: spansOf(load), produce })
    return
  }
  const count = burstsOf(load)
  for (let burst = 1; burst <= count; burst++) {
    for (let i = 0; i < load.spans; i++) produce()
    // oxlint-disable-next-line no-await-in-loop -- one burst after the other
    if (burst < count || count > 1) await sleep(load.everyMillis)
  }
}

function ignore(): void {}
