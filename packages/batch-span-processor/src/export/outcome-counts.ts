// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome, StoredOutcome } from '@spanring/core'

/** What has become of spans of a batch, in numbers that add up. */
export interface OutcomeCounts {
  readonly exported: number
  readonly failed: Readonly<Record<string, number>>
  /** Spans that were stored and outlive this process. */
  readonly kept: number
  readonly error?: unknown
}

/**
 * Our own copy of what the exporter says of a batch. If it says nothing, or if that does not add up, all that is left of the
 * batch has failed for `reason`. Each property is read once, because a getter may throw, or return something else the next
 * time.
 */
export function countsOf(
  batch: { readonly count: number; readonly hasOutcome: boolean },
  outcome: BatchOutcome | StoredOutcome | undefined,
  reason: string,
  error: unknown,
): OutcomeCounts {
  try {
    const isStored = batch.hasOutcome
    const key = isStored ? 'kept' : 'stored'
    const { exported, error: itsError, [key]: staying = 0 } = outcome as BatchOutcome & StoredOutcome
    const failed = { ...(outcome as BatchOutcome).failed }
    let rest = batch.count
    for (const count of [exported, staying, ...Object.values(failed)]) {
      // Looks at the type first: the comparison would call code of an object.
      rest -= Number.isSafeInteger(count) && count >= 0 ? count : NaN
    }
    // A batch in flight gets one outcome, a stored one may get several.
    if (isStored ? rest >= 0 : rest === 0) return { exported, failed, kept: isStored ? staying : 0, error: itsError }
  } catch {
    // What is left of the batch has failed, see below.
  }
  return { exported: 0, failed: { [reason]: batch.count }, kept: 0, error }
}
