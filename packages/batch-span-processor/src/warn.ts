// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import { MAX_TEXT_LENGTH } from './limits.js'

/**
 * Says it through the application's logger, which may throw: neither our constructor nor our loop must. Not before the
 * code that is running is through: `NodeSDK` gets its processors as arguments, and registers the logger only then.
 */
export function warn(message: string): void {
  Promise.resolve()
    .then(() => diag.warn(`BatchSpanProcessor: ${message}`))
    // Nowhere left to say it.
    .catch(() => {})
}

/** One short sentence for whatever was thrown or given. */
export function textOf(value: unknown): string {
  try {
    return String((value as Error | undefined)?.message || value).slice(0, MAX_TEXT_LENGTH)
  } catch {
    return 'unknown'
  }
}
