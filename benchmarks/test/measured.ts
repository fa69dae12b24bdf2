// SPDX-License-Identifier: Apache-2.0
import type { AppRun } from '../src/application/play-application.js'
import type { Telemetry } from '../src/application/telemetry.js'
import type { Contender } from '../src/contender.js'
import type { Measurement } from '../src/end-to-end/measure.js'
import type { Run } from '../src/end-to-end/play.js'
import type { Environment } from '../src/environment.js'

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
    retainedHeapBytes: 1,
    rssBytes: 1,
    peakRssBytes: 1,
    ...change,
  }
}

/** A run in which all of these spans have arrived. */
export function madeUpRun(contender: Contender, change: Partial<Run> = {}): Run {
  const received = { delivered: 100, receivedTwice: 0, wireBytesPerSpan: 1, voidReasons: [] }
  return { scenario: 'steady', ...contender, round: 1, ...measured(), ...received, ...change }
}

/** A run of an application in which all spans have arrived. */
export function madeUpAppRun(load: string, telemetry: Telemetry, change: Partial<AppRun> = {}): AppRun {
  const received = { failedRequests: 0, ended: 100, delivered: 100 }
  const costs = { requestsPerSecond: 1, latency: ones, mainMillisPerRequest: 1, cpuMillisPerRequest: 1, rssBytes: 2 ** 20 }
  return { load, telemetry, round: 1, seconds: 1, ...costs, ...received, ...change }
}

/** Of no machine. */
export const environment: Environment = {
  commit: '0123456789abcdef',
  uncommitted: [],
  versions: {},
  node: 'v0.0.0',
  v8: '0',
  cpu: 'a processor',
  cores: 2,
  governor: 'unknown',
  memoryGigabytes: 1,
  loadAverage: [0, 0, 0],
  startedAt: '2000-01-01T00:00:00.000Z',
  command: 'npm run bench',
}
