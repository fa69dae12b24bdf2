// SPDX-License-Identifier: Apache-2.0
import { MAX_REASONS } from '../limits.js'

/**
 * Why a span was not handed to the exporter: it ended while `maxQueueSize` spans waited; it ended after `shutdown` was
 * called; it still waited when `shutdown` ran out of time; its span context could not be read.
 */
export type DropReason = 'queue_full' | 'already_shutdown' | 'shutdown' | 'invalid_span'

/**
 * Where every span is, at every moment (I1):
 * `ended = exported + Σfailed + Σdropped + queued + encoded + inFlight`, where `queued` is the ring and `staged`.
 */
export class Ledger {
  /** Sampled spans given to `onEnd`. */
  ended = 0
  exported = 0
  /** As objects in batches that were not sent yet; the rest of the queue is in the ring. */
  staged = 0
  /** As bytes in batches that were not sent yet. */
  encoded = 0
  inFlight = 0
  /** Ever handed over to the exporter, whatever came of it. */
  handedOver = 0
  readonly dropped: Record<DropReason, number> = { queue_full: 0, already_shutdown: 0, shutdown: 0, invalid_span: 0 }
  readonly failed: Record<string, number> = Object.create(null) as Record<string, number>
  /** Of the failed ones those that an incremental exporter did not take: no batch ever held them. */
  readonly refused: Record<string, number> = { rejected: 0, too_large: 0 }
  /** What went wrong last and was not reported yet. */
  lastError: unknown

  /** One span that the exporter did not take. */
  refuse(reason: string): void {
    this.refused[reason] = (this.refused[reason] ?? 0) + 1
    this.fail(reason, 1)
  }

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
