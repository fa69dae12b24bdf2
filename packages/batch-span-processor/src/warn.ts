// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import { MAX_TEXT_LENGTH } from './limits.js'

/** Says it through the application's logger, which may throw: neither our constructor nor our loop must. */
export function warn(message: string): void {
  try {
    diag.warn(`BatchSpanProcessor: ${message}`)
  } catch {
    // Nowhere left to say it.
  }
}

/** One short sentence for whatever was thrown or given. */
export function textOf(value: unknown): string {
  try {
    const text = String(value instanceof Error ? value.message || value.name : value)
    return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text
  } catch {
    return 'unknown'
  }
}
