// SPDX-License-Identifier: Apache-2.0

/** What a busy loop is kept from by the machine: other processes, the kernel, and other guests of the same host. */
export interface Interruptions {
  /** How often in a second of work it stood still for 25 µs or more. */
  readonly perSecond: number
  /** How long, at the median, in microseconds; 0 when it never did. */
  readonly medianMicros: number
}

const SECONDS = 0.5
const NOTICED_MILLIS = 0.025
/** Before the loop is compiled it takes that long itself now and then. */
const WARMUP_MILLIS = 100

/** Blocks for 0.6 s: reads the clock over and over, and no figure of a single call can be better than what that sees. */
export function measureInterruptions(now: () => number = () => performance.now()): Interruptions {
  gapsOf(now, WARMUP_MILLIS)
  const gaps = gapsOf(now, SECONDS * 1000).toSorted((a, b) => a - b)
  const median = gaps[Math.floor(gaps.length / 2)] ?? 0
  return { perSecond: Math.round(gaps.length / SECONDS), medianMicros: Math.round(median * 1000) }
}

function gapsOf(now: () => number, millis: number): number[] {
  const gaps: number[] = []
  let at = now()
  for (const endAt = at + millis; at < endAt;) {
    const next = now()
    if (next - at >= NOTICED_MILLIS) gaps.push(next - at)
    at = next
  }
  return gaps
}
