// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome } from '../span-batch.js'
import type { BatchTally } from './batch-tally.js'
import type { BackendChange } from './retry/backend.js'
import type { InheritedOutcome } from './store/request-spool.js'

/** One export from hand-over to outcome, including back-offs. */
export interface FinishedExport {
  readonly spanCount: number
  readonly exported: number
  /** Counts by reason; see `FailureReason`. */
  readonly failed: Readonly<Record<string, number>>
  /** Spans that wait for the backend; their own end comes later. */
  readonly stored: number
  readonly durationMillis: number
  /** The number of requests that were sent; may be 0. */
  readonly attemptCount: number
  /** The status of the last answer, if there was one. */
  readonly statusCode: number | undefined
  /** The `error.type` of the first failure, as in the semantic conventions; undefined after a full success. */
  readonly errorType: string | undefined
}

/**
 * What a transport reports. Every batch that is handed over causes one `onStart` and one `onEnd`. Exceptions and return values
 * of hooks are ignored.
 */
export interface TransportHooks {
  onStart?(spanCount: number): void
  onAttempt?(): void
  onEnd?(finished: FinishedExport): void
  onBackendChange?(change: BackendChange): void
  /** Spans of an earlier process were found in the spool, or have their outcome. */
  onInherited?(outcome: InheritedOutcome): void
}

/** Calls one hook, if there is one. */
export function callHook<N extends keyof TransportHooks>(
  hooks: TransportHooks,
  name: N,
  ...args: Parameters<NonNullable<TransportHooks[N]>>
): void {
  try {
    ;(hooks[name] as ((...values: unknown[]) => void) | undefined)?.call(hooks, ...args)
  } catch {
    // A failing counter must not make an export fail.
  }
}

/** Reports the end of an export, whose batch is now fully in the tally, and returns its outcome. */
export function endExport(
  hooks: TransportHooks,
  batch: { onEnd?(finished: FinishedExport): void },
  tally: BatchTally,
  durationMillis: number,
): BatchOutcome {
  const outcome = tally.outcome()
  const finished: FinishedExport = {
    spanCount: tally.spanCount,
    exported: outcome.exported,
    failed: outcome.failed,
    stored: outcome.stored ?? 0,
    durationMillis,
    attemptCount: tally.attemptCount,
    statusCode: tally.statusCode,
    errorType: tally.errorType,
  }
  batch.onEnd?.(finished)
  callHook(hooks, 'onEnd', finished)
  return outcome
}
