// SPDX-License-Identifier: Apache-2.0
import type { RetrySettings } from '../../config/settings.js'

/** Full jitter may draw nothing at all; requests are still this far apart, in milliseconds, unless the options say less. */
const MIN_MILLIS = 100

/** How long to wait after that many failures in a row, in milliseconds. `random` draws from 0 to 1. */
export function backoffMillis(retry: RetrySettings, failureCount: number, random: () => number): number {
  const { initialBackoffMillis, maxBackoffMillis, multiplier, jitter } = retry
  const limit = Math.min(maxBackoffMillis, initialBackoffMillis * multiplier ** Math.max(failureCount - 1, 0))
  const least = Math.min(MIN_MILLIS, limit)
  return jitter ? Math.max(least, random() * limit) : limit
}
