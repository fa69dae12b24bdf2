// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { Application } from './application.js'
import type { Scenario } from './scenario.js'
import type { Machine } from './world/machine.js'
import type { Network } from './world/network.js'
import type { Scheduler } from './world/scheduler.js'

/** What faults happen to. */
export interface FaultTargets {
  readonly scheduler: Scheduler
  readonly network: Network
  readonly machine: Machine | undefined
  /** The processes that are running. */
  readonly applications: () => readonly Application[]
  readonly isCalm: () => boolean
  /** Kills a process, which is then started again. */
  readonly crash: (application: Application) => void
  /** Lets a process call `process.exit()`; it is then started again. */
  readonly exit: (application: Application) => void
}

/** Arranges everything that goes wrong in a run, beside what becomes of single requests and calls of the disk. */
export function arrangeFaults(scenario: Scenario, targets: FaultTargets, random: SeededRandom): void {
  const { scheduler, network, machine, applications, isCalm, crash, exit } = targets
  const { weather } = network
  const fault = (millis: number, label: string, happen: () => void): void => {
    scheduler.later(millis, label, () => {
      if (!isCalm()) happen()
    })
  }
  const times = (count: number, label: string, happen: () => void): void => {
    for (let i = 0; i < count; i++) fault(random.next() * scenario.activeMillis, label, happen)
  }
  const one = (): Application => random.pick(applications())
  for (const phase of weather.phases) {
    fault(phase.at, 'the weather changes', () => {
      weather.begin(phase)
      if (phase.faults.includes('refused') && phase.share === 1) network.resetAll()
    })
  }
  times(scenario.deaths, 'the export thread dies', () => {
    const { workers } = one().process
    workers[0]?.end(random.chance(0.5) ? new Error('simulated: out of memory') : undefined)
  })
  times(scenario.stalls, 'a thread stands still', () => {
    const { main, workers } = one().process
    random.pick([main, main, workers[0]?.loop ?? main]).stall(random.between(1, scenario.longestStallMillis))
  })
  times(scenario.clockJumps, 'the clock jumps', () => scheduler.jumpWallClock(random.between(-100_000, 100_000)))
  times(scenario.rots, 'the disk rots', () => machine?.rot())
  times(scenario.crashes, 'a process is killed', () => crash(one()))
  times(scenario.exits, 'a process exits', () => exit(one()))
  times(scenario.powerCuts, 'the machine goes down', () => {
    const running = [...applications()]
    for (const { process } of running) process.kill()
    machine?.cutPower()
    for (const application of running) crash(application)
  })
}
