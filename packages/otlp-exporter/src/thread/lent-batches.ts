// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import { APPLICATION } from '../shared-memory/slab.js'
import type { HandedBatch } from './handed-batch.js'

/** Every batch whose slab is lent out: the thread has it, or will get it. Iterates in the order of their hand-over. */
export class LentBatches {
  readonly #clock: Pick<Clock, 'stopTimer'>
  readonly #bySlab = new Map<number, HandedBatch>()

  constructor(clock: Pick<Clock, 'stopTimer'>) {
    this.#clock = clock
  }

  [Symbol.iterator](): IterableIterator<HandedBatch> {
    return this.#bySlab.values()
  }

  get oldest(): HandedBatch | undefined {
    const [oldest] = this
    return oldest
  }

  of(slabNumber: number): HandedBatch | undefined {
    return this.#bySlab.get(slabNumber)
  }

  has(handed: HandedBatch): boolean {
    return this.of(handed.slab.number) === handed
  }

  add(handed: HandedBatch): void {
    this.#bySlab.set(handed.slab.number, handed)
    handed.batch.lend()
  }

  /** The slab is the application's again. Unless `isFree`, a socket may still be reading it. */
  takeBack(handed: HandedBatch, isFree: boolean): void {
    if (!this.has(handed)) return
    this.#clock.stopTimer(handed.hungTimer)
    handed.slab.owner = APPLICATION
    this.#bySlab.delete(handed.slab.number)
    handed.batch.takeBack(isFree)
  }
}
