// SPDX-License-Identifier: Apache-2.0
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadSdk } from '@spanring/sdk-lines'
import { createContender } from '../contender.js'
import type { Account, Contender, Target } from '../contender.js'
import { quantilesOf } from '../quantiles.js'
import type { Quantiles } from '../quantiles.js'
import { createSpanSource } from '../span-source.js'
import type { SpanSource } from '../span-source.js'
import { HeapWatch } from './heap-watch.js'
import { liveHeapBytes } from './live-heap.js'
import { runOpenLoop } from './open-loop.js'
import type { Load, Scenario } from './scenario.js'
import { mainThreadMicros } from './thread-clock.js'
import { TimedProcessor } from './timed-processor.js'

export interface Assignment {
  readonly contender: Contender
  readonly scenario: Scenario
  /** Where the exporter sends to. */
  readonly target: Target
}

export interface Measurement extends Account {
  /** Everything given to the processor, with warm-up. */
  readonly ended: number
  readonly onEndMicros: Quantiles
  /** From a timer of 1 ms: an idle loop shows a little over 1 ms. */
  readonly loopDelayMillis: Quantiles
  /** While the load was on; the flush afterwards is not in it. Undefined where the kernel does not tell. */
  readonly mainThreadMicrosPerSpan: number | undefined
  readonly cpuMicrosPerSpan: number
  readonly gcMicrosPerSpan: number
  readonly allocatedBytesPerSpan: number
  /** How fast spans really came. */
  readonly producedPerSecond: number
  /** From the call of forceFlush, or of forceFlush and shutdown together, to the end. */
  readonly endMillis: number
  readonly mostBufferedBytes: number
  /** In the heap and in use shortly before an outage ends, above what was before the load; nothing without one. */
  readonly retainedHeapBytes: number | undefined
  /** When the load ends. */
  readonly rssBytes: number
  /** Of the whole process, from its start to its end. */
  readonly peakRssBytes: number
}

const SAMPLE_MILLIS = 100
const SETTLE_MILLIS = 1000
/** The part of an outage after which the heap is looked at. */
const OUTAGE_SEEN = 0.95

/** Plays one contender in this process, from its construction to its shutdown; `onStart` is called when the load begins. */
export async function measure({ contender, scenario, target }: Assignment, onStart: () => void): Promise<Measurement> {
  const { load, warmupSeconds, endsBefore, outage, attributesPerSpan, settleMillis = SETTLE_MILLIS } = scenario
  const sdk = await loadSdk(contender.sdkLine)
  const ready = createContender(contender, sdk, target, scenario)
  const count = spansOf(load)
  const timed = new TimedProcessor(ready.spanProcessor, count)
  const source = createSpanSource(sdk, timed, attributesPerSpan)
  if (warmupSeconds > 0) await play({ ...load, seconds: warmupSeconds }, source)

  let mostBufferedBytes = 0
  const sample = (): void => {
    mostBufferedBytes = Math.max(mostBufferedBytes, ready.bufferedBytes())
  }
  // Where time is measured too, the look at memory must not be: reading it takes as long as some batches do.
  const sampler = outage === undefined ? undefined : setInterval(sample, SAMPLE_MILLIS)
  const loopDelay = monitorEventLoopDelay({ resolution: 1 })
  let retainedHeapBytes: number | undefined
  if (outage !== undefined) {
    // Nothing is queued now, and near the end of the outage most is.
    await source.forceFlush()
    const before = liveHeapBytes()
    const look = (): void => {
      retainedHeapBytes = liveHeapBytes() - before
    }
    setTimeout(look, (outage.atSeconds + OUTAGE_SEEN * outage.seconds) * 1000)
  }
  onStart()
  loopDelay.enable()
  const heap = new HeapWatch()
  timed.startRecording()
  const cpuBefore = process.cpuUsage()
  const mainBefore = mainThreadMicros()
  const startedAt = performance.now()
  await play(load, source)
  const loadMillis = performance.now() - startedAt
  const mainAfter = mainThreadMicros()
  const cpu = process.cpuUsage(cpuBefore)
  timed.stopRecording()
  const { gcMillis, allocatedBytes } = heap.stop()
  loopDelay.disable()
  sample()
  const rssBytes = process.memoryUsage.rss()

  const endMillis = await end(source, endsBefore !== undefined, settleMillis)
  clearInterval(sampler)
  return {
    ended: timed.ended,
    ...ready.account(),
    onEndMicros: quantilesOf(timed.samples()),
    loopDelayMillis: {
      p50: loopDelay.percentile(50) / 1e6,
      p99: loopDelay.percentile(99) / 1e6,
      p999: loopDelay.percentile(99.9) / 1e6,
      max: loopDelay.max / 1e6,
    },
    mainThreadMicrosPerSpan: mainBefore === undefined || mainAfter === undefined ? undefined : (mainAfter - mainBefore) / count,
    cpuMicrosPerSpan: (cpu.user + cpu.system) / count,
    gcMicrosPerSpan: (gcMillis * 1000) / count,
    allocatedBytesPerSpan: allocatedBytes / count,
    producedPerSecond: (count * 1000) / loadMillis,
    endMillis,
    mostBufferedBytes,
    retainedHeapBytes,
    rssBytes,
    // In kilobytes, whatever the system's own unit.
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  }
}

/** Returns how long it took: of the flush, or of flush and shutdown where the application ends with both. */
async function end(source: SpanSource, isTogether: boolean, settleMillis: number): Promise<number> {
  const startedAt = performance.now()
  const ended = isTogether ? Promise.allSettled([source.forceFlush(), source.shutdown()]) : source.forceFlush()
  await ended.catch(ignore)
  const millis = performance.now() - startedAt
  // After the flush there is room: the stock processor takes this one and says how many it has dropped before.
  if (!isTogether) {
    await sleep(settleMillis)
    source.next()
  }
  await source.shutdown().catch(ignore)
  return millis
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
    if (count > 1) await sleep(load.everyMillis)
  }
}

function ignore(): void {}
