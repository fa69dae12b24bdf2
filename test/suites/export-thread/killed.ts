// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { startSink } from '@spanring/sink'
import type { Reply } from '@spanring/sink'
import { expectAccounted, sumOf } from '@spanring/test-kit/accounting'
import type { SeededRandom } from '@spanring/test-kit/random'
import { endSpans, tracerOf } from '@spanring/test-kit/spans'
import { until } from '@spanring/test-kit/until'
import { withThreads } from './threads.js'
import type { ThreadRecord } from './threads.js'

/** Every so many milliseconds so many spans end. */
const LOAD = { millis: 4, spans: 5 }
const BATCH = 40
const CONCURRENCY = 3
/** After five deaths in a minute the exporter starts no other thread. */
export const DEATHS = 5
/** The longest time from one kill to the next, in milliseconds. */
const MOST_MILLIS = 80

export interface Killed {
  readonly kills: number
  /** Spans that ended. */
  readonly ended: number
  /** Spans that failed because they were in a request. */
  readonly lost: number
}

/**
 * One pipeline under load, whose thread is killed `kills` times, at most five. Checks the books after each of them, and in the
 * end what has arrived.
 */
export async function killUnderLoad(kills: number, random: SeededRandom): Promise<Killed> {
  const sink = await startSink({ keep: 'count' })
  const hasRetries = random.chance(0.5)
  await sink.script(...weather(random, hasRetries))
  const { threads, exporter, processor } = withThreads((record) => {
    const made = new OTLPTraceExporter({ url: sink.url, worker: true, concurrencyLimit: CONCURRENCY, retry: RETRY })
    const config = { scheduledDelayMillis: 10, maxExportBatchSize: BATCH, maxQueueSize: 100_000 }
    return { threads: record, exporter: made, processor: new BatchSpanProcessor(made, config) }
  })
  const tracer = tracerOf(processor)
  const load = setInterval(() => endSpans(tracer, LOAD.spans), LOAD.millis)
  try {
    // A thread that ends before it has begun could not be started, and no other one is.
    await until(() => exporter.stats().requests > 0)
    for (let kill = 1; kill <= kills; kill++) {
      // oxlint-disable-next-line no-await-in-loop -- one thread after the other
      await killAt(threads, random.next() * MOST_MILLIS)
      expectOpenBooks(processor, exporter)
    }
    // What follows the last death: a thread, or this one.
    await sleep(random.below(100))
  } finally {
    clearInterval(load)
  }
  await processor.forceFlush().catch(() => {})
  // The slabs of dead threads, too, are given back. A shutdown would hide it.
  await until(() => exporter.stats().bufferedBytes === 0)
  await processor.shutdown().catch(() => {})

  const stats = processor.stats()
  const sent = exporter.stats()
  expectAccounted(stats)
  assert.deepEqual({ ...stats, ...NOTHING_OPEN }, stats)
  assert.equal(sumOf(stats.dropped), 0)
  assert.deepEqual([sent.exported, sent.failed, sent.inFlight], [stats.exported, stats.failed, 0])
  assert.equal(sent.exported + sumOf(sent.failed), stats.ended)
  // Only what was in a request is lost: no more than all connections at each death.
  const { export_thread: lost = 0, ...others } = sent.failed
  assert.deepEqual(others, {})
  assert.ok(lost <= kills * CONCURRENCY * BATCH, `${lost} spans were lost in ${kills} deaths`)

  await until(async () => (await sink.stats()).waiting === 0)
  const { delivered, deliveredTwice, duplicates } = await sink.stats()
  assert.equal(deliveredTwice, 0)
  if (!hasRetries) assert.equal(duplicates, 0)
  const arrived = delivered - deliveredTwice
  assert.ok(
    arrived >= sent.exported && arrived <= sent.exported + lost,
    `${arrived} arrived, ${sent.exported} count, ${lost} lost`,
  )
  // A shutdown waits for half a second for the thread to end. With other processes on the cores that takes longer.
  await until(() => threads.live === undefined)
  assert.ok(threads.all.length === kills || threads.all.length === Math.min(kills + 1, DEATHS))
  await sink.close()
  return { kills, ended: stats.ended, lost }
}

const RETRY = { initialBackoffMillis: 20, maxBackoffMillis: 50 }
const NOTHING_OPEN = { queued: 0, encoded: 0, inFlight: 0, stored: 0 }

/** A backend that takes its time, and may refuse some requests for the moment. */
function weather(random: SeededRandom, hasRetries: boolean): Reply[] {
  return Array.from({ length: 200 }, () => ({
    delayMillis: random.pick([0, 1, 5, 30, 60]),
    ...(hasRetries && random.chance(0.1) && { status: 503 }),
  }))
}

async function killAt(threads: ThreadRecord, millis: number): Promise<void> {
  await until(() => threads.live !== undefined)
  await sleep(millis)
  assert.ok(await threads.kill())
}

/** At any moment every span is in one place. */
function expectOpenBooks(processor: BatchSpanProcessor, exporter: OTLPTraceExporter): void {
  const stats = processor.stats()
  expectAccounted(stats)
  const sent = exporter.stats()
  assert.ok(sent.inFlight >= 0)
  const handed = stats.exported + sumOf(stats.failed) + stats.inFlight + stats.stored
  assert.equal(sent.exported + sumOf(sent.failed) + sent.inFlight + sent.stored, handed)
}
