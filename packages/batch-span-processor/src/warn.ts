// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'

/** Says it through the application's logger, which may throw: neither our constructor nor our loop must. */
export function warn(message: string): void {
  try {
    diag.warn(`BatchSpanProcessor: ${message}`)
  } catch {
    // Nowhere left to say it.
  }
}

/** Long enough for any sentence, too short for a response body that somebody put into a message. */
const MAX_TEXT_LENGTH = 300

/** One short sentence for whatever was thrown or given. */
export function textOf(value: unknown): string {
  try {
    const text = value instanceof Error ? value.message || value.name : String(value)
    return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text
  } catch {
    return 'unknown'
  }
}
