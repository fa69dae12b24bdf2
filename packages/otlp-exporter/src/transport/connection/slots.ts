// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock } from '@spanring/core'
import { Connection } from './connection.js'
import type { OpenConnection, SlotConnection } from './connection.js'
import type { Operation } from '../operation.js'
import type { TransportSettings } from '../transport-settings.js'

/**
 * A free connection is closed when it was not needed for this long, in milliseconds, while others were. That is twice the
 * processor's default delay. Otherwise the connections that a burst opened would stay idle until a NAT, for example,
 * silently drops them.
 */
const SPARE_MILLIS = 10_000

/** A place for one export, with a connection of its own. */
export class Slot {
  readonly #open: () => SlotConnection
  #connection: SlotConnection | undefined
  /** When its last export ended. */
  releasedAt = 0

  constructor(open: () => SlotConnection) {
    this.#open = open
  }

  get connection(): SlotConnection {
    this.#connection ??= this.#open()
    return this.#connection
  }

  /** The connection for the next request: a new one if the last one has reached its maximum age. */
  next(): SlotConnection {
    if (this.#connection?.isOld === true) void this.replace()
    return this.connection
  }

  /** Puts a new connection in the place of the current one, and returns the current one, whose answer may still arrive. */
  exchange(): SlotConnection {
    const { connection } = this
    this.#connection = this.#open()
    return connection
  }

  /** See {@link Connection.isBodyFree}; false without a connection. */
  get isBodyFree(): boolean {
    return this.#connection?.isBodyFree ?? false
  }

  /** Replaces a connection that cannot carry another request. */
  replaceSpent(): void {
    if (this.#connection?.isSpent === true) void this.replace()
  }

  /** Destroys the connection and whatever hangs in it. The next request gets a new one. */
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

/** At most `concurrencyLimit` slots. They are created when they are needed, and assigned first come, first served. */
export class Slots {
  readonly #clock: Clock
  readonly #limit: number
  readonly #open: () => SlotConnection
  readonly #all: Slot[] = []
  /** A stack: the slot that was used last is taken first, so that the connections that are not needed become idle and close. */
  readonly #free: Slot[] = []
  readonly #waiters: Waiter[] = []

  constructor(settings: TransportSettings, clock: Clock, random: () => number, open: OpenConnection = openConnection) {
    this.#clock = clock
    this.#limit = settings.concurrencyLimit
    this.#open = () => open(settings, clock, random)
  }

  /** Waits for a free slot. Undefined if the operation ended first. */
  async acquire(operation: Operation): Promise<Slot | undefined> {
    const slot = this.#take()
    if (slot !== undefined) return slot
    let wake = (): void => {}
    const woken = new Promise<void>((resolve) => (wake = resolve))
    const waiter: Waiter = { slot: undefined, wake }
    this.#waiters.push(waiter)
    const { status } = await bounded(this.#clock, operation, () => woken)
    if (status === 'done') return waiter.slot
    // The slot may have been assigned in the same tick in which the operation ended, and must not be lost.
    if (waiter.slot === undefined) this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
    else this.release(waiter.slot)
    return undefined
  }

  release(slot: Slot): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) {
      slot.releasedAt = this.#clock.now()
      this.#free.push(slot)
      this.#closeSpare(slot.releasedAt - SPARE_MILLIS)
    } else {
      waiter.slot = slot
      waiter.wake()
    }
  }

  /** Closes every idle connection. Call it when a connection that was idle with them is likely to be dead. */
  closeIdle(): void {
    this.#closeSpare(Infinity)
  }

  async destroyAll(): Promise<void> {
    await Promise.all(this.#all.map((slot) => slot.replace()))
  }

  /** Closes the connections that have been free at least since then. The first slots have been free for the longest time. */
  #closeSpare(freeSince: number): void {
    for (const slot of this.#free) {
      if (slot.releasedAt > freeSince) return
      void slot.replace()
    }
  }

  #take(): Slot | undefined {
    const slot = this.#free.pop()
    if (slot !== undefined || this.#all.length >= this.#limit) return slot
    const added = new Slot(this.#open)
    this.#all.push(added)
    return added
  }
}

const openConnection: OpenConnection = (settings, clock, random) => new Connection(settings, clock, random)
