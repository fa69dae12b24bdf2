// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { DiskCalls } from '../../../../packages/otlp-exporter/src/spool/disk.js'

/** How a disk refuses: full, over a quota, broken, without a descriptor left, without the permission, or read-only. */
export const DISK_FAULTS = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'EACCES', 'EROFS'] as const
export type DiskFault = (typeof DISK_FAULTS)[number]

/** What the disk does in a run. Times are in milliseconds. */
export interface DiskScenario {
  readonly faults: readonly DiskFault[]
  /** Which share of calls fails while it is in trouble. */
  readonly share: number
  /** It is in trouble for so long, and well for so long. */
  readonly troubleMillis: number
  readonly wellMillis: number
  /** Which share of writes takes only a part of what it is given. */
  readonly shortWrites: number
  /** A factor. */
  readonly slowness: number
}

/** What the disk does at present. */
export class DiskWeather {
  readonly #scenario: DiskScenario
  readonly #random: SeededRandom
  readonly #now: () => number
  #isCalm = false
  /** Whether a read has failed: what could not be read counts as lost, which a process may not live to tell. */
  hasFailedToRead = false

  constructor(scenario: DiskScenario, random: SeededRandom, now: () => number) {
    this.#scenario = scenario
    this.#random = random
    this.#now = now
  }

  /** From now on the disk works. */
  calm(): void {
    this.#isCalm = true
  }

  latency(): number {
    const draw = this.#random.next()
    const millis = draw < 0.95 ? 0.02 + draw * 0.2 : 1 + (draw - 0.95) * 400
    return this.#isCalm ? millis : millis * this.#scenario.slowness
  }

  isShort(): boolean {
    return !this.#isCalm && this.#random.chance(this.#scenario.shortWrites)
  }

  /** The code of the error with which a call fails; undefined if it does not. */
  failureOf(name: keyof DiskCalls, args: readonly unknown[]): DiskFault | undefined {
    const { faults, share, troubleMillis, wellMillis } = this.#scenario
    if (this.#isCalm || faults.length === 0) return undefined
    if (this.#now() % (troubleMillis + wellMillis) > troubleMillis || !this.#random.chance(share)) return undefined
    const fault = this.#random.pick(faults)
    if (!canFail(fault, name, args)) return undefined
    if (fault === 'EIO' && name === 'read') this.hasFailedToRead = true
    return fault
  }
}

/** A descriptor is gone after `close`, whatever it says. A disk that is full or read-only can be read. */
function canFail(fault: DiskFault, name: keyof DiskCalls, args: readonly unknown[]): boolean {
  const makes = name === 'mkdir' || (name === 'open' && args[1] === 'create')
  const reads = ['readdir', 'lstat', 'stat', 'read'].includes(name) || (name === 'open' && args[1] === 'read')
  switch (fault) {
    case 'ENOSPC':
    case 'EDQUOT':
      return makes || name === 'write'
    case 'EROFS':
      return !reads && name !== 'close'
    case 'EMFILE':
      return name === 'open' || name === 'readdir'
    case 'EACCES':
      return name !== 'close' && name !== 'read' && name !== 'write'
    case 'EIO':
      return name !== 'close'
  }
}
