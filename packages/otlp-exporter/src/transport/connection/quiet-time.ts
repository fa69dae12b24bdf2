// SPDX-License-Identifier: Apache-2.0

/**
 * Where packets vanish, nothing but a limit ends an attempt to connect, and Node.js cannot let go of a connection that is not made
 * yet: it keeps a process alive that has nothing else to do. So once in every period there is a moment in which nothing that looks
 * for a backend connects, at the same time for all exporters of a process, whose clock is the same. Such a process ends then.
 */
const PERIOD_MILLIS = 1100
/** How long that moment is. Long enough for sockets to close. */
export const QUIET_MILLIS = 50

/** When the next quiet time begins that is at least `leastMillis` away. `now` and the result are on the scale of a monotonic clock. */
export function nextQuietAt(now: number, leastMillis: number): number {
  return Math.ceil((now + leastMillis + QUIET_MILLIS) / PERIOD_MILLIS) * PERIOD_MILLIS - QUIET_MILLIS
}
