// SPDX-License-Identifier: Apache-2.0
import type { TransportSettings } from '../transport/transport-settings.js'

/**
 * How many batches wait in the thread for each connection, beside the one that is being sent on it. Three that take 3 s each
 * meet the default deadline of 10 s.
 */
const EXTRA_PER_CONNECTION = 2
/** A backend that has not settled a batch for this long, in milliseconds, may be in an outage. */
const PROMPT_MILLIS = 500

/**
 * How many batches more than there are connections may cross to the export thread, which then sends them even while the
 * application's thread is busy. `oldestMillis` says how long the oldest batch there has been without an outcome; 0 if there is
 * none.
 *
 * None in an outage: what waits in the processor has no deadline yet, and in the thread it would run against one. None if a
 * function of the application makes the headers of each batch: it would be called for all of them at once.
 */
export function extraBatches(
  { headersFunction, concurrencyLimit }: TransportSettings,
  isDown: boolean,
  oldestMillis = 0,
): number {
  if (isDown || headersFunction !== undefined || oldestMillis >= PROMPT_MILLIS) return 0
  return EXTRA_PER_CONNECTION * concurrencyLimit
}
