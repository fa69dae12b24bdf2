// SPDX-License-Identifier: Apache-2.0
import { transportClock } from '../../src/transport/clock.js'
import type { TransportClock } from '../../src/transport/clock.js'

/** Real time, of which a test may skip what it does not want to wait for. Timers do not notice. */
export function skippingClock() {
  let skippedMillis = 0
  const clock: TransportClock = { ...transportClock, now: () => performance.now() + skippedMillis }
  const skip = (millis: number): void => {
    skippedMillis += millis
  }
  return { clock, skip }
}
