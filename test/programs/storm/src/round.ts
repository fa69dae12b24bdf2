// SPDX-License-Identifier: Apache-2.0
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { Sdk } from '@spanring/sdk-lines'
import type { Sink } from '@spanring/sink'
import { sumOf } from '@spanring/test-kit/accounting'
import type { SeededRandom } from '@spanring/test-kit/random'
import { Waits, flush, produce } from './actors.js'
import { FlightRecord } from './flight-record.js'
import { checkRound } from './invariants.js'
import { recordArrays, recordBatches, recordDoor } from './recorders.js'
import { changeWeather } from './weather.js'
import { hearRequests, tapRequests } from './wire-tap.js'

/** What a promise may be late before it counts as one that hangs, in milliseconds; nobody is judged by speed here. */
const LIMIT_MILLIS = 10_000

export interface RoundResult {
  readonly ended: number
  readonly exported: number
  readonly failed: number
  readonly dropped: number
  /** Sent by the exporter, repeated ones too. */
  readonly requests: number
  /** Batches that were sent more than once. */
  readonly retried: number
  /** Spans that reached the sink again, all of them in batches that were sent again; and those it had taken before. */
  readonly receivedAgain: number
  readonly deliveredAgain: number
  /** Flushes and shutdowns that resolved, and that rejected. */
  readonly waitsFulfilled: number
  readonly waitsRejected: number
  /** How long after its bound the latest of them ended, in milliseconds. */
  readonly latestMillis: number
  /** How long the event loop of this process stood still at most, in milliseconds: nothing can end sooner. */
  readonly stillMillis: number
  /** What must not happen and did, in words. */
  readonly violations: readonly string[]
}

/** What all rounds of a storm have in common. */
export interface Stage {
  readonly sdk: Sdk
  readonly sink: Sink
  /** Spans are sent from a thread of their own. */
  readonly worker: boolean
}

/** One processor and one exporter from construction to shutdown, under everything at once, and then the accounts. */
export async function playRound({ sdk, sink, worker }: Stage, random: SeededRandom, millis: number): Promise<RoundResult> {
  const record = new FlightRecord()
  const options = chooseOptions(random)
  const file = new URL('tapped-thread.js', import.meta.url)
  const exporter = new OTLPTraceExporter({ url: sink.url, ...options.exporter, worker: worker && { file } })
  const recorded = random.chance(0.75) ? recordBatches(exporter, record) : recordArrays(exporter, record)
  const processor = new BatchSpanProcessor(recorded, options.processor)
  const tracer = sdk.createTracerProvider([recordDoor(processor, record)]).getTracer('storm')
  const stopTapping = (worker ? hearRequests : tapRequests)((ids) => record.requested(ids))

  const waits = new Waits()
  const delay = monitorEventLoopDelay()
  delay.enable()
  const producing = new AbortController()
  const changing = new AbortController()
  const weather = changeWeather(sink, random.fork(), changing.signal)
  const defaultMillis = options.processor.exportTimeoutMillis
  const actors = [
    ...many(random.between(1, 6), () => produce(tracer, random.fork(), producing.signal)),
    ...many(random.between(1, 4), () =>
      flush(processor, { random: random.fork(), signal: producing.signal, waits, defaultMillis }),
    ),
  ]
  await sleep(millis)
  const timeoutMillis = random.pick([1, 200, 1000, 3000])
  const shutdown = waits.watch('shutdown', processor.shutdown({ timeoutMillis }), timeoutMillis)
  if (random.chance(0.3)) void waits.watch('another shutdown', processor.shutdown(), timeoutMillis)
  await inTime(shutdown)
  // What ends after it is counted too; so is a flush.
  await sleep(random.between(0, 50))
  producing.abort()
  await inTime(Promise.all(actors))
  changing.abort()
  await weather
  // A shutdown with a short bound ends before that of the exporter, which still sends arrays that it was handed before.
  await inTime(exporter.shutdown())
  // What another thread has told is received in the next iterations.
  for (let i = 0; i < 100 && record.requestCount < exporter.stats().requests; i++) await sleep(10)
  stopTapping()
  delay.disable()
  const stillMillis = delay.max / 1e6

  const violations = await checkRound({ processor, exporter, sink, record, waits, stillMillis })
  const stats = processor.stats()
  const received = await sink.stats()
  await sink.reset()
  return {
    ended: stats.ended,
    exported: stats.exported,
    failed: sumOf(stats.failed),
    dropped: sumOf(stats.dropped),
    requests: exporter.stats().requests,
    retried: record.batches.filter(({ requests }) => requests > 1).length,
    receivedAgain: received.duplicates,
    deliveredAgain: received.deliveredTwice,
    waitsFulfilled: waits.fulfilled,
    waitsRejected: waits.rejected,
    latestMillis: waits.latestMillis,
    stillMillis,
    violations: violations.map((violation) => `${violation}; options ${JSON.stringify(options)}`),
  }
}

function chooseOptions(random: SeededRandom) {
  const maxQueueSize = random.pick([32, 512, 2048, 2048])
  return {
    processor: {
      maxQueueSize,
      maxExportBatchSize: Math.min(random.pick([1, 20, 128, 512, 512]), maxQueueSize),
      scheduledDelayMillis: random.pick([0, 5, 50, 500]),
      exportTimeoutMillis: random.pick([50, 300, 1000, 5000, 30_000]),
    },
    exporter: {
      concurrencyLimit: random.pick([1, 2, 30, 30]),
      timeoutMillis: random.pick([200, 1000, 10_000, 10_000]),
      maxBufferedBytes: random.pick([50_000, 2 ** 20, 32 * 2 ** 20, 32 * 2 ** 20]),
      keepAlive: random.chance(0.8),
      compression: random.pick(['none', 'none', 'gzip']),
      retry: { initialBackoffMillis: random.pick([10, 100, 1000]), maxBackoffMillis: 2000 },
    },
  } as const
}

function many<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

/** Does not wait for ever; whatever has not ended is found by the checks. */
async function inTime(work: Promise<unknown>): Promise<void> {
  const limit = new AbortController()
  await Promise.race([work, sleep(LIMIT_MILLIS, undefined, { signal: limit.signal }).catch(() => {})])
  limit.abort()
}
