// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { Settings } from '../../../packages/batch-span-processor/src/options.js'
import type { OTLPTraceExporterOptions } from '../../../packages/otlp-exporter/src/config/options.js'
import { ROOT } from './checks/spool-watch.js'
import { NEIGHBOURHOODS } from './process/simulated-processes.js'
import { DISK_FAULTS } from './world/disk-weather.js'
import type { DiskScenario } from './world/disk-weather.js'
import type { Pace } from './world/event-loop.js'
import type { MachineScenario } from './world/machine.js'
import { NETWORK_FAULTS } from './world/weather.js'
import type { NetworkFault, Phase } from './world/weather.js'

/** Everything that is decided before a run begins. Times are in milliseconds. */
export interface Scenario {
  readonly processor: Settings
  readonly exporter: OTLPTraceExporterOptions
  readonly pace: Pace
  /** How large the spans are: a factor. */
  readonly spanSize: number
  readonly phases: readonly Phase[]
  /** What the backend takes. */
  readonly maxRequestBytes: number
  readonly answerMillis: number
  /** How slow zlib's pool is: a factor. */
  readonly poolSlowness: number
  readonly workerFailsToStart: number
  readonly workerStartMillis: number
  /** How long faults go on. */
  readonly activeMillis: number
  readonly spanCount: number
  /** How many spans end in one go, at most. */
  readonly burst: number
  /** How often, during that time, the export thread dies. */
  readonly deaths: number
  /** The application's thread, or the other one, stands still. */
  readonly stalls: number
  readonly longestStallMillis: number
  /** The process is killed and started again. */
  readonly crashes: number
  readonly clockJumps: number
  /** How often a process exits, with the work that is left for its `exit` event, and is started again: with a spool, and without a thread. */
  readonly exits: number
  /** Undefined without a spool. */
  readonly machine: MachineScenario | undefined
  /** The machine loses its power, with all processes. */
  readonly powerCuts: number
  /** Bits of files turn over. */
  readonly rots: number
  /** How many processes there are at once. */
  readonly processes: number
  /** The share of the application's actions that are flushes. */
  readonly flushShare: number
  /** The share of spans that do not go through the processor. */
  readonly arrayShare: number
  /** The process shuts down in the middle of the faults. */
  readonly endsEarly: boolean
  /** Which share of calls of the application's function for headers fails; undefined: it has none. */
  readonly headerFaults: number | undefined
  /** Attributes of the resource are found out while spans end already. */
  readonly resourceMillis: number
}

/**
 * Draws a scenario. Each has only some of the faults, and each of its numbers is small in one run and large in another: with
 * everything at once, most of what happens would only be outages.
 */
export function drawScenario(random: SeededRandom): Scenario {
  const activeMillis = random.pick([300, 1000, 3000, 8000])
  const timeoutMillis = random.pick([1000, 2000, 5000, 10_000])
  const maxQueueSize = random.pick([8, 32, 128, 512])
  const isCalm = random.chance(0.1)
  const worker = random.chance(0.5)
  const hasSpool = random.chance(0.5)
  const spanSize = random.pick(hasSpool ? [0.1, 1, 20, 200] : [0.1, 1, 1, 20])
  const exits = hasSpool && !worker && !isCalm && random.chance(0.2) ? random.between(1, 2) : 0
  const crashes = isCalm || random.chance(hasSpool ? 0.4 : 0.8) ? 0 : random.between(1, 3)
  return {
    processor: {
      maxQueueSize,
      maxExportBatchSize: Math.min(maxQueueSize, random.pick([1, 4, 16, 64, 512])),
      scheduledDelayMillis: random.pick([0, 5, 50, 500, 5000]),
      exportTimeoutMillis: random.pick([timeoutMillis, timeoutMillis, 500, 3000, 30_000]),
      shutdownTimeoutMillis: random.pick([1000, 5000, 30_000]),
      turnBudgetMillis: random.pick([0.05, 0.5, 4]),
    },
    exporter: {
      url: 'http://backend.simulated:4318/v1/traces',
      headers: {},
      protocol: 'http/protobuf',
      proxy: false,
      worker,
      timeoutMillis,
      concurrencyLimit: random.pick([1, 1, 2, 4, 30]),
      keepAlive: random.chance(0.9),
      compression: random.chance(0.2) ? 'gzip' : 'none',
      maxRequestBytes: random.pick(spanSize > 20 ? [65_536, 1_048_576] : [1024, 8192, 65_536, 1_048_576]),
      maxBufferedBytes: random.pick([16_384, 131_072, 1_048_576, 33_554_432]),
      maxStoredMillis: random.pick([600_000, 600_000, 600_000, 2000, 0]),
      spool: hasSpool && {
        directory: ROOT,
        maxBytes: random.pick([2 ** 20, 2 ** 29]),
        maxAgeMillis: crashes === 0 && random.chance(0.1) ? 20_000 : 86_400_000,
      },
      retry: {
        maxAttempts: random.pick([1, 2, 5, 100]),
        initialBackoffMillis: random.pick([20, 200, 1000]),
        maxBackoffMillis: random.pick([200, 1000, 5000]),
        multiplier: random.pick([1, 1.5, 2]),
        jitter: random.chance(0.8),
      },
    },
    pace: { creepMillis: random.pick([0, 0.001, 0.01, 0.05]), stepMillis: random.pick([0.001, 0.01, 0.1]) },
    spanSize,
    phases: isCalm ? [] : drawPhases(random, activeMillis),
    maxRequestBytes: random.chance(0.1) ? 3000 : Infinity,
    answerMillis: random.pick([0, 1, 20, 200]),
    poolSlowness: random.pick([1, 1, 1, 10, 500]),
    workerFailsToStart: random.chance(0.05) ? 0.5 : 0,
    workerStartMillis: random.chance(0.05) ? 8000 : 60,
    activeMillis,
    spanCount: random.pick([10, 50, 200, 600]),
    burst: random.pick([1, 5, 50]),
    deaths: worker && !isCalm && random.chance(0.4) ? random.between(1, 8) : 0,
    stalls: isCalm || random.chance(0.7) ? 0 : random.between(1, 4),
    longestStallMillis: random.pick(hasSpool ? [500, 3000, 60_000] : [20, 500, 3000]),
    crashes,
    clockJumps: random.chance(0.2) ? 2 : 0,
    exits,
    machine: hasSpool ? drawMachine(random, isCalm) : undefined,
    powerCuts: hasSpool && !isCalm && random.chance(0.1) ? 1 : 0,
    rots: hasSpool && !isCalm && random.chance(0.1) ? random.between(1, 3) : 0,
    processes: hasSpool && random.chance(0.3) ? 2 : 1,
    flushShare: random.pick([0, 0.02, 0.2]),
    // Two that wait for the same few bytes may wait for each other in the exit event.
    arrayShare: exits === 0 && random.chance(0.2) ? 0.3 : 0,
    endsEarly: random.chance(0.3),
    headerFaults: random.chance(0.2) ? random.pick([0.02, 0.3, 1]) : undefined,
    resourceMillis: random.chance(0.1) ? random.pick([50, 2000, 60_000]) : 0,
  }
}

function drawMachine(random: SeededRandom, isCalm: boolean): MachineScenario {
  const isWell = isCalm || random.chance(0.5)
  const disk: DiskScenario = {
    faults: isWell ? [] : [random.pick(DISK_FAULTS), random.pick(DISK_FAULTS)],
    share: random.pick([0.02, 0.2, 1]),
    troubleMillis: random.pick([50, 500, 3000]),
    wellMillis: random.pick([50, 500, 3000]),
    shortWrites: random.pick([0, 0, 0.2]),
    slowness: random.pick([1, 1, 20]),
  }
  return { disk, neighbourhood: random.pick(NEIGHBOURHOODS) }
}

function drawPhases(random: SeededRandom, activeMillis: number): Phase[] {
  const possible: NetworkFault[] = []
  for (let i = random.between(1, 4); i > 0; i--) possible.push(random.pick(NETWORK_FAULTS))
  const phases: Phase[] = []
  for (let at = 0; at < activeMillis; at += random.between(10, Math.ceil(activeMillis / 2))) {
    const isClear = phases.length % 2 === 1
    phases.push(
      isClear
        ? { at, faults: [], share: 0 }
        : { at, faults: possible.filter(() => random.chance(0.7)), share: random.pick([0.05, 0.3, 1]) },
    )
  }
  return phases
}
