// SPDX-License-Identifier: Apache-2.0
import type { TransportSettings } from '../transport/transport-settings.js'

/** How many batches cross for each connection while another one is sent on it. Three that take 3 s each are still in time. */
const EXTRA_PER_CONNECTION = 2
/** A backend that has not settled a batch for this long, in milliseconds, may be in an outage. */
const PROMPT_MILLIS = 500

/**
 * How many batches more than there are connections may cross to the export thread, which then sends them even while the
 * application's thread is busy. `oldestMillis` is for how long the oldest batch there has no outcome; 0 without one.
 *
 * None in an outage: what waits in the processor has no deadline yet, and in the thread it would run against one. And none
 * where each batch needs a call of the application for its headers: all calls would come at once.
 */
export function extraBatches(
  { headersFunction, concurrencyLimit }: TransportSettings,
  isDown: boolean,
  oldestMillis = 0,
): number {
  if (isDown || headersFunction !== undefined || oldestMillis >= PROMPT_MILLIS) return 0
  return EXTRA_PER_CONNECTION * concurrencyLimit
}
