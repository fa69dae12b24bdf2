// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { Internals } from '../../../../packages/otlp-exporter/src/transport/transport.js'
import { SpoolWatch } from '../checks/spool-watch.js'
import { RunningProcesses } from '../process/simulated-processes.js'
import type { Neighbourhood } from '../process/simulated-processes.js'
import type { Backend } from './backend.js'
import { DiskFiles } from './disk-files.js'
import { DiskWeather } from './disk-weather.js'
import type { DiskScenario } from './disk-weather.js'
import type { EventLoop } from './event-loop.js'
import type { Scheduler } from './scheduler.js'
import { SimulatedDisk } from './simulated-disk.js'

export interface MachineScenario {
  readonly disk: DiskScenario
  readonly neighbourhood: Neighbourhood
}

/** Where the processes run: a disk, and what they know of each other. */
export class Machine {
  readonly weather: DiskWeather
  readonly watch: SpoolWatch
  readonly #files = new DiskFiles()
  readonly #processes: RunningProcesses
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #disks = new Map<EventLoop, SimulatedDisk>()

  constructor({ disk, neighbourhood }: MachineScenario, scheduler: Scheduler, backend: Backend, random: SeededRandom) {
    this.#scheduler = scheduler
    this.#random = random
    this.weather = new DiskWeather(disk, random.fork(), () => scheduler.now)
    this.watch = new SpoolWatch(this.#files, backend)
    this.#processes = new RunningProcesses(neighbourhood)
  }

  /** How many bytes all files hold. */
  get usedBytes(): number {
    return this.#files.size
  }

  /** What a new process needs of it, for each of its threads. `end` is to be called when it is gone. */
  startProcess(): { readonly internals: (loop: EventLoop) => NonNullable<Internals['spool']>; readonly end: () => void } {
    const { processes, end } = this.#processes.start()
    return { internals: (loop) => ({ disk: this.#diskOf(loop), processes }), end }
  }

  /** A thread is gone. */
  abandon(loop: EventLoop): void {
    this.#disks.get(loop)?.abandon()
    this.#disks.delete(loop)
  }

  /** Files that the threads which are running have open. */
  get descriptors(): number {
    return [...this.#disks.values()].reduce((sum, disk) => sum + disk.descriptors, 0)
  }

  /** The disk works from now on. */
  calm(): void {
    this.weather.calm()
  }

  /** All processes are gone at once, and what was not synced may be as well. */
  cutPower(): void {
    this.#scheduler.trace.event(this.#scheduler.now, 'world', 'the power is cut')
    this.watch.damage(() => this.#files.cutPower(this.#random))
    this.#processes.reboot()
  }

  rot(): void {
    this.#scheduler.trace.event(this.#scheduler.now, 'world', 'a bit on the disk turns over')
    this.watch.damage(() => this.#files.rot(this.#random))
  }

  #diskOf(loop: EventLoop): SimulatedDisk {
    let disk = this.#disks.get(loop)
    if (!disk) {
      const world = { scheduler: this.#scheduler, files: this.#files, weather: this.weather, loop }
      disk = new SimulatedDisk({ ...world, random: this.#random.fork() })
      this.#disks.set(loop, disk)
    }
    return disk
  }
}
