// SPDX-License-Identifier: Apache-2.0
// The process of one contender: the service, with a meter beside it. Commands and the report go over IPC.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { startService } from '../app/service.js'
import { stopTelemetry } from '../telemetry.js'
import type { Counts } from './accounting.js'
import { mainThreadMillis } from './main-thread-time.js'
import { measuredProcessor } from './measured-processor.js'

export type Command = 'measure' | 'finish'

export interface Report {
  /** Sampled spans given to the processor, from the start of the process to its end. */
  readonly ended: number
  readonly counts: Counts | undefined
  readonly onEndMicros: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number }
  readonly loopDelayMillis: { readonly p99: number; readonly max: number }
  readonly cpuMillis: number
  /** Of these, on the main thread; undefined where the system does not tell. */
  readonly mainThreadMillis: number | undefined
  readonly wallMillis: number
}

export type Message = { readonly url: string } | { readonly report: Report }

const resolutionMillis = 2

// The demo may be gone at any time.
process.once('disconnect', () => process.exit())

const processor = measuredProcessor()
const service = await startService({ databaseUrl: process.env['DATABASE_URL'] })
let loopDelay: IntervalHistogram | undefined
let cpuAtStart = process.cpuUsage()
let mainThreadAtStart = mainThreadMillis()
let startedAt = performance.now()

process.on('message', (command: Command) => {
  if (command === 'measure') measure()
  else void finish()
})
send({ url: service.url })

/** Forgets the warm-up, except for the spans: the accounting is over the whole life of the process. */
function measure(): void {
  processor.onEndNanos.reset()
  loopDelay = monitorEventLoopDelay({ resolution: resolutionMillis })
  loopDelay.enable()
  cpuAtStart = process.cpuUsage()
  mainThreadAtStart = mainThreadMillis()
  startedAt = performance.now()
}

async function finish(): Promise<void> {
  loopDelay?.disable()
  const cpu = process.cpuUsage(cpuAtStart)
  const mainThread = mainThreadMillis()
  const wallMillis = performance.now() - startedAt
  const { onEndNanos } = processor
  const onEndMicros = {
    p50: onEndNanos.percentile(50) / 1e3,
    p99: onEndNanos.percentile(99) / 1e3,
    p999: onEndNanos.percentile(99.9) / 1e3,
    max: onEndNanos.max / 1e3,
  }
  await service.close()
  await stopTelemetry()
  const report: Report = {
    ended: processor.ended,
    counts: processor.counts(),
    onEndMicros,
    loopDelayMillis: { p99: late(loopDelay?.percentile(99)), max: late(loopDelay?.max) },
    cpuMillis: (cpu.user + cpu.system) / 1e3,
    mainThreadMillis: mainThread === undefined ? undefined : mainThread - (mainThreadAtStart ?? 0),
    wallMillis,
  }
  send({ report }, () => process.disconnect())
}

/** The histogram holds the time between two ticks of its timer: what is over the interval is delay. */
function late(nanos = 0): number {
  return Math.max(0, nanos / 1e6 - resolutionMillis)
}

function send(message: Message, sent: () => void = () => {}): void {
  process.send?.(message, sent)
}
