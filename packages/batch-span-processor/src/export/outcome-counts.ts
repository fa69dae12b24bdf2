// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome } from '@spanring/core'

/** What an outcome says of the spans of a batch: our own copy. */
export interface OutcomeCounts {
  readonly exported: number
  readonly failed: Readonly<Record<string, number>>
  /** Spans that stay with the exporter. */
  readonly staying: number
  /** Of all spans above. NaN unless each count is a whole number from 0 on. */
  readonly total: number
  readonly error?: unknown
}

/**
 * Reads an outcome of the exporter. `staying` names the count of the spans that stay with it. Each property is read once,
 * because a getter may throw, or return something else the next time.
 */
export function countsOf<Key extends string>(
  outcome: Pick<BatchOutcome, 'exported' | 'failed' | 'error'> & { readonly [key in Key]?: number | undefined },
  stayingKey: Key,
): OutcomeCounts {
  try {
    const { exported, error, [stayingKey]: staying = 0 } = outcome
    const failed = { ...outcome.failed }
    let total = 0
    for (const count of [exported, staying, ...Object.values(failed)]) {
      total += count >= 0 && Number.isSafeInteger(count) ? count : NaN
    }
    return { exported, failed, staying, total, error }
  } catch {
    return { exported: 0, failed: {}, staying: 0, total: NaN }
  }
}

/** For spans of which the exporter has given no account that adds up, or none at all. */
export function allFailed(total: number, reason: string, error?: unknown): OutcomeCounts {
  return { exported: 0, failed: { [reason]: total }, staying: 0, total, error }
}
