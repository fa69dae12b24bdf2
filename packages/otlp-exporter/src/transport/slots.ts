// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config/settings.js'
import { bounded } from './bounded.js'
import type { Clock } from './clock.js'
import { Connection } from './connection.js'
import type { Operation } from './operation.js'

/** A place for one export, with a connection of its own. */
export class Slot {
  readonly #open: () => Connection
  #connection: Connection | undefined

  constructor(open: () => Connection) {
    this.#open = open
  }

  get connection(): Connection {
    this.#connection ??= this.#open()
    return this.#connection
  }

  /** Whether nobody reads the body of the last request any more; see {@link Connection.isBodyFree}. */
  get isBodyFree(): boolean {
    return this.#connection?.isBodyFree ?? false
  }

  /** Destroys what hangs; the next request finds a new connection. */
  async replace(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.destroy()
  }
}

interface Waiter {
  slot: Slot | undefined
  readonly wake: () => void
}

/** At most `concurrencyLimit` slots, made when they are needed and handed out in the order in which they were asked for. */
export class Slots {
  readonly #clock: Clock
  readonly #limit: number
  readonly #open: () => Connection
  readonly #all: Slot[] = []
  /** The one that was used last is taken first, so that connections which are not needed become idle and close. */
  readonly #free: Slot[] = []
  readonly #waiters: Waiter[] = []

  constructor(settings: Settings, clock: Clock) {
    this.#clock = clock
    this.#limit = settings.concurrencyLimit
    this.#open = () => new Connection(settings, clock)
  }

  /** Undefined when the operation ended first. */
  async acquire(operation: Operation): Promise<Slot | undefined> {
    const slot = this.#take()
    if (slot !== undefined) return slot
    let wake = (): void => {}
    const woken = new Promise<void>((resolve) => (wake = resolve))
    const waiter: Waiter = { slot: undefined, wake }
    this.#waiters.push(waiter)
    const { status } = await bounded(this.#clock, operation, () => woken)
    if (status === 'done') return waiter.slot
    // The slot may have been handed over in the same tick in which the operation ended; it must not be lost with it.
    if (waiter.slot === undefined) this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
    else this.release(waiter.slot)
    return undefined
  }

  release(slot: Slot): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) {
      this.#free.push(slot)
    } else {
      waiter.slot = slot
      waiter.wake()
    }
  }

  async destroyAll(): Promise<void> {
    await Promise.all(this.#all.map((slot) => slot.replace()))
  }

  #take(): Slot | undefined {
    const slot = this.#free.pop()
    if (slot !== undefined || this.#all.length >= this.#limit) return slot
    const added = new Slot(this.#open)
    this.#all.push(added)
    return added
  }
}
