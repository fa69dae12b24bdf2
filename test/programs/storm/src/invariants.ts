// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { Sink } from '@spanring/sink'
import { accountedFor, sumOf } from '@spanring/test-kit/accounting'
import type { Waits } from './actors.js'
import type { FlightRecord } from './flight-record.js'

export interface Finished {
  readonly processor: BatchSpanProcessor
  readonly exporter: OTLPTraceExporter
  readonly sink: Sink
  readonly record: FlightRecord
  readonly waits: Waits
  /** How long the event loop stood still at most, in milliseconds. */
  readonly stillMillis: number
}

/** How long what was told to close may take, in milliseconds: sockets of this process, requests in the sink. */
const CLOSING_MILLIS = 5000
/** How late a wait may end, in milliseconds, beyond a few times for which the machine gave this process no time at all. */
const LATE_MILLIS = 1000
const STANDSTILLS = 5

/** Everything that must hold after a shutdown, span by span; what does not, in words. */
export async function checkRound(finished: Finished): Promise<string[]> {
  const { record, waits, stillMillis } = finished
  const { violations } = record
  const expectEqual = (what: string, actual: number, expected: number): void => {
    if (actual !== expected) violations.push(`${what}: ${actual} instead of ${expected}`)
  }
  for (const what of waits.open) violations.push(`has not ended: ${what}`)
  if (waits.latestMillis > LATE_MILLIS + STANDSTILLS * stillMillis)
    violations.push(`a wait ended ${Math.round(waits.latestMillis)} ms after its bound`)
  if (!(await comesTrue(async () => socketCount() === 0))) violations.push(`${socketCount()} sockets are left`)
  checkAccounts(finished, expectEqual)
  await checkDeliveries(finished, expectEqual)
  return violations
}

type ExpectEqual = (what: string, actual: number, expected: number) => void

/** I1, and each of its terms as it was seen from outside. */
function checkAccounts({ processor, exporter, record }: Finished, expectEqual: ExpectEqual): void {
  const stats = processor.stats()
  const { ended, exported, failed, dropped, queued, encoded, inFlight, stored, kept } = stats
  expectEqual('I1, ended', accountedFor(stats), ended)
  expectEqual('queued after shutdown', queued + encoded, 0)
  expectEqual('in flight after shutdown', inFlight, 0)
  expectEqual('stored after shutdown', stored - kept, 0)
  expectEqual('in flight in the exporter after shutdown', exporter.stats().inFlight, 0)
  expectEqual(
    'dropped at the door',
    dropped.queue_full + dropped.already_shutdown + dropped.invalid_span,
    record.count('refused'),
  )
  expectEqual('requests', exporter.stats().requests, record.requestCount)
  expectEqual('dropped by the sweep', dropped.shutdown, record.count('admitted'))
  expectEqual('exported, failed or kept', exported + sumOf(failed) + kept, record.count('handed over') + record.count('rejected'))
}

/** What the sink has, span by span, against what the processor and the exporter say. */
async function checkDeliveries(finished: Finished, expectEqual: ExpectEqual): Promise<void> {
  const { processor, sink, record } = finished
  const { violations } = record
  // A request whose connection has gone is settled when the sink notices.
  if (!(await comesTrue(async () => (await sink.stats()).waiting === 0))) violations.push('requests wait in the sink')
  const deliveries = new Map<string, number>()
  for (const { spanId } of await sink.spans()) deliveries.set(spanId, (deliveries.get(spanId) ?? 0) + 1)
  const { forgotten, duplicates } = await sink.stats()
  expectEqual('spans that the sink has forgotten', forgotten, 0)
  if (duplicates > record.repeatedSpans)
    violations.push(`${duplicates} spans came again, ${record.repeatedSpans} were sent again`)

  for (const [id, count] of deliveries) {
    const batch = record.batchOf(id)
    if (batch === undefined) violations.push(`span ${id} was delivered and counts as dropped`)
    else if (count > batch.requests) violations.push(`span ${id} was delivered ${count} times in ${batch.requests} requests`)
  }
  let exportedBatches = 0
  for (const { ids, exported = 0 } of record.batches) {
    const delivered = ids.filter((id) => deliveries.has(id)).length
    if (delivered < exported) violations.push(`${exported} of ${ids.length} spans count as exported, ${delivered} were delivered`)
    exportedBatches += exported
  }
  const { exported } = processor.stats()
  if (exported > exportedBatches)
    violations.push(`${exported} count as exported, of which the exporter said so of ${exportedBatches}`)
}

function socketCount(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS)(Socket)?Wrap$/.test(name)).length
}

async function comesTrue(condition: () => Promise<boolean>): Promise<boolean> {
  const endAt = performance.now() + CLOSING_MILLIS
  // oxlint-disable-next-line no-await-in-loop -- polling
  for (; !(await condition()); await sleep(10)) if (performance.now() > endAt) return false
  return true
}
