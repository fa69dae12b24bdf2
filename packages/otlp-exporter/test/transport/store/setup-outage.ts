// SPDX-License-Identifier: Apache-2.0
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import type { Sink, SinkOptions } from '@spanring/sink'
import type { OTLPTraceExporterOptions } from '../../../src/config/options.js'
import type { BatchOutcome, SettledStored } from '../../../src/span-batch.js'
import type { Internals } from '../../../src/transport/transport.js'
import { PlainBatch } from '../plain-batch.js'
import { setupTransport } from '../setup-transport.js'

/** Short times, so that a batch is stored at its deadline and the backend is tried often. */
const FAST = { timeoutMillis: 150, retry: { initialBackoffMillis: 20, maxBackoffMillis: 40 } }

export interface Sent {
  readonly batch: PlainBatch
  readonly outcome: Promise<BatchOutcome>
  /** What was said of its spans after they were stored. */
  readonly later: SettledStored[]
}

/** A transport before a sink that can go away, and batches whose sender can be told later what has become of them. */
export async function setupOutage(options: OTLPTraceExporterOptions = {}, internals: Internals = {}, sinkOptions?: SinkOptions) {
  const sink: Sink = await setupSink(sinkOptions)
  const setup = setupTransport({ url: sink.url, ...FAST, ...options }, internals)
  const send = (batch: PlainBatch | number = 1, closing = setup.closing.signal): Sent => {
    const sent = typeof batch === 'number' ? new PlainBatch(batch) : batch
    const later: SettledStored[] = []
    const outcome = setup.transport.sendBatch(sent, {
      at: Infinity,
      signal: setup.signal.signal,
      closing,
      onStoredOutcome: (settled) => void later.push(settled),
    })
    return { batch: sent, outcome, later }
  }
  return { ...setup, sink, send }
}

/** Stores two batches, the first of which the backend will refuse for good when it is back. Resolves when both have their end. */
export async function sendPoison({ sink, send }: Pick<Awaited<ReturnType<typeof setupOutage>>, 'sink' | 'send'>) {
  await sink.stopListening()
  const [poison, good] = [send(1), send(2)]
  await Promise.all([poison.outcome, good.outcome])
  await sink.script({ status: 400, times: 1 }, {})
  await sink.listenAgain()
  await until(() => sumOf(good.later).exported === 2)
  return sumOf(poison.later).failed
}

/** The sums of what was said of stored spans. */
export function sumOf(later: readonly SettledStored[]): {
  exported: number
  failed: Record<string, number>
  kept: number
  freedBytes: number
} {
  const sum = { exported: 0, failed: {} as Record<string, number>, kept: 0, freedBytes: 0 }
  for (const { exported, failed, kept = 0, freedBytes } of later) {
    sum.exported += exported
    sum.kept += kept
    sum.freedBytes += freedBytes
    for (const [reason, count] of Object.entries(failed)) sum.failed[reason] = (sum.failed[reason] ?? 0) + count
  }
  return sum
}
