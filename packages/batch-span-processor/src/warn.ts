// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import { MAX_TEXT_LENGTH } from './limits.js'

/**
 * Logs a warning through the application's logger. The logger may throw, but neither our constructor nor our loop may.
 * Deferred to a microtask, because `NodeSDK` gets its processors as arguments and registers its logger afterwards.
 */
export function warn(message: string): void {
  Promise.resolve()
    .then(() => diag.warn(`BatchSpanProcessor: ${message}`))
    // There is no other place to report it.
    .catch(() => {})
}

/** A short text for any value that was thrown or given. */
export function textOf(value: unknown): string {
  try {
    return String((value as Error | undefined)?.message || value).slice(0, MAX_TEXT_LENGTH)
  } catch {
    return 'unknown'
  }
}
