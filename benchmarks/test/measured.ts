// SPDX-License-Identifier: Apache-2.0
import type { Measurement } from '../src/end-to-end/measure.js'

const ones = { p50: 1, p99: 1, p999: 1, max: 1 }

/** A measurement in which every figure is 1 and nothing was lost, but for what is given. */
export function measured(change: Partial<Measurement> = {}): Measurement {
  return {
    ended: 100,
    exported: undefined,
    dropped: 0,
    failed: 0,
    onEndMicros: ones,
    loopDelayMillis: ones,
    mainThreadMicrosPerSpan: 1,
    cpuMicrosPerSpan: 1,
    gcMicrosPerSpan: 1,
    allocatedBytesPerSpan: 1,
    producedPerSecond: 1,
    endMillis: 1,
    mostBufferedBytes: 1,
    mostHeapBytes: 1,
    rssBytes: 1,
    peakRssBytes: 1,
    ...change,
  }
}
