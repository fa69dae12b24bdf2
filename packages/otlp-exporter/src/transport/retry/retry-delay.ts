// SPDX-License-Identifier: Apache-2.0
import type { RetrySettings } from '../transport-settings.js'

/** Full jitter may draw 0. Requests are still at least this far apart, in milliseconds, unless the options ask for less. */
const MIN_MILLIS = 100

/** How long to wait after `failureCount` failures in a row, in milliseconds. `random` draws from 0 to 1. */
export function backoffMillis(retry: RetrySettings, failureCount: number, random: () => number): number {
  const { initialBackoffMillis, maxBackoffMillis, multiplier, jitter } = retry
  const limit = Math.min(maxBackoffMillis, initialBackoffMillis * multiplier ** Math.max(failureCount - 1, 0))
  const least = Math.min(MIN_MILLIS, limit)
  return jitter ? Math.max(least, random() * limit) : limit
}

/**
 * How long a `Retry-After` asks to wait, in milliseconds. Its value is a number of seconds or a date. Undefined if it is
 * absent, malformed, zero, negative or in the past. The normal back-off then applies, so that no answer causes a hot loop.
 */
export function parseRetryAfter(value: string | undefined, wallTime: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const millis = /^\d+$/.test(text) ? Number(text) * 1000 : dateOf(text) - wallTime
  return Number.isFinite(millis) && millis > 0 ? millis : undefined
}

/** An HTTP date begins with the name of a day. Without this check, `Date.parse` would take "-5" for a year. */
function dateOf(text: string): number {
  return /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
}
