// SPDX-License-Identifier: Apache-2.0
import type { Bound, Settled } from '@spanring/core'
import type { PipelineParts } from '../pipeline-parts.js'
import type { FlushBarrier } from '../loop/flush-barriers.js'

export interface Limit extends Bound {
  /** The time limit that the caller gave, for the message of a time-out. */
  readonly millis: number
}

/**
 * Calls the exporter's own `forceFlush` or `shutdown` within a limit. Never rejects: the barrier stores the error, unless it
 * already has one. A function in `parts.ends` ends the wait early.
 */
export async function callExporter(
  parts: PipelineParts,
  step: 'forceFlush' | 'shutdown',
  limit: Limit,
  barrier: FlushBarrier,
): Promise<void> {
  const { clock, ends, exporter } = parts
  const settled = await parts.context.call(clock, { ...limit, ends }, () => exporter[step]?.())
  if (settled.status !== 'done') barrier.error ??= errorOf(parts, settled, `${step} of the exporter`, limit)
}

/** The error to report for a wait that timed out, was aborted or failed. */
export function errorOf({ ledger }: PipelineParts, settled: Settled<unknown>, what: string, { millis }: Limit): unknown {
  if (settled.status !== 'timeout') return settled.error ?? new Error(`${what} failed`)
  const stored = ledger.awaited ? `, ${ledger.awaited} stored until the backend is back` : ''
  return new Error(
    `${what} has not ended within ${millis} ms; ${ledger.waiting} queued, ${ledger.counts.inFlight} in flight${stored}`,
  )
}
