// SPDX-License-Identifier: Apache-2.0
import type { BackendChange } from './retry/backend.js'

/** One export from hand-over to outcome, back-off included. */
export interface FinishedExport {
  readonly spanCount: number
  readonly exported: number
  /** Count by reason; see `FailureReason`. */
  readonly failed: Readonly<Record<string, number>>
  readonly durationMillis: number
  /** Requests that were sent, 0 without any. */
  readonly attemptCount: number
  /** Of the last response, if there was one. */
  readonly statusCode: number | undefined
  /** `error.type` of the semantic conventions, of the first failure; undefined after a full success. */
  readonly errorType: string | undefined
}

/**
 * What a transport reports. Every batch that is handed over has one `onStart` and one `onEnd`. What a hook throws or
 * returns is ignored.
 */
export interface TransportHooks {
  onStart?(spanCount: number): void
  onAttempt?(): void
  onEnd?(finished: FinishedExport): void
  onBackendChange?(change: BackendChange): void
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
    // A counter that fails must not fail an export.
  }
}
