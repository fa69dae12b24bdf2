// SPDX-License-Identifier: Apache-2.0
import type { ProcessIdentity, Processes } from '../../../../packages/otlp-exporter/src/spool/processes.js'

/**
 * What processes know of each other: on one machine; in containers with one spool, where nobody can ask for the others; or where the
 * platform does not say.
 */
export const NEIGHBOURHOODS = ['machine', 'containers', 'silent'] as const
export type Neighbourhood = (typeof NEIGHBOURHOODS)[number]

/** So few that they come again. */
const FIRST_PID = 100
const PIDS = 3

/** The processes that are running. */
export class RunningProcesses {
  readonly #neighbourhood: Neighbourhood
  /** When each was started, by its pid. */
  readonly #running = new Map<number, number>()
  #count = 0
  #boot = 1

  constructor(neighbourhood: Neighbourhood) {
    this.#neighbourhood = neighbourhood
  }

  /** The machine is started again. */
  reboot(): void {
    this.#boot += 1
    this.#running.clear()
  }

  start(): { readonly processes: Processes; readonly end: () => void } {
    this.#count += 1
    const count = this.#count
    let pid = FIRST_PID + (count % PIDS)
    while (this.#running.has(pid)) pid += 1
    this.#running.set(pid, count)
    const isSilent = this.#neighbourhood === 'silent'
    const self: ProcessIdentity = {
      pid,
      startTime: isSilent ? undefined : String(count),
      bootId: isSilent ? undefined : `boot ${this.#boot}`,
      pidNamespace: isSilent ? undefined : this.#neighbourhood === 'containers' ? `container ${count}` : 'host',
      host: 'simulated',
    }
    const startTimeOf = (one: number): string | undefined => this.#running.get(one)?.toString()
    const end = (): void => {
      if (this.#running.get(pid) === count) this.#running.delete(pid)
    }
    return { processes: { self, startTimeOf }, end }
  }
}
