// SPDX-License-Identifier: Apache-2.0
import { MAX_REASONS } from './limits.js'

/**
 * Why a span was not handed to the exporter: it ended while `maxQueueSize` spans waited; it ended after `shutdown` was
 * called; it still waited when `shutdown` ran out of time; its span context could not be read.
 */
export type DropReason = 'queue_full' | 'already_shutdown' | 'shutdown' | 'invalid_span'

/**
 * Where every span is, at every moment (I1):
 * `ended = exported + Σfailed + Σdropped + queued + inFlight`.
 */
export class Ledger {
  /** Sampled spans given to `onEnd`. */
  ended = 0
  exported = 0
  /** In the batches that wait to be sent; the rest of the queue is in the ring. */
  staged = 0
  inFlight = 0
  /** Ever handed over to the exporter, whatever came of it. */
  handedOver = 0
  readonly dropped: Record<DropReason, number> = { queue_full: 0, already_shutdown: 0, shutdown: 0, invalid_span: 0 }
  readonly failed: Record<string, number> = Object.create(null) as Record<string, number>
  /** What went wrong last and was not reported yet. */
  lastError: unknown

  fail(reason: string, count: number): void {
    if (count === 0) return
    const { failed } = this
    const key = reason in failed || Object.keys(failed).length < MAX_REASONS ? reason : 'other'
    failed[key] = (failed[key] ?? 0) + count
  }
}

export function sum(counts: Readonly<Record<string, number>>): number {
  let total = 0
  for (const key in counts) total += counts[key] as number
  return total
}
