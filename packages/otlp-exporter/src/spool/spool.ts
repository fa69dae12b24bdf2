// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import type { Clock, Timer } from '@spanring/core'
import { DiskLane } from './disk-lane.js'
import type { Disk, Steps } from './disk.js'
import { newOwnerId } from './lease.js'
import { nodeDisk } from './node-disk.js'
import { systemProcesses } from './processes.js'
import type { Processes } from './processes.js'
import type { PendingAppend } from './segment-writer.js'
import type { LossReason, SpoolEntry, SpoolRecord, StoredEntry } from './segment.js'
import { SpoolWork } from './spool-work.js'
import { Takeover } from './takeover.js'
import type { Inherited } from './takeover.js'

export { checkSpoolDirectory, inspectSpool } from './inspect.js'
export type { SpoolOwner } from './inspect.js'
export type { Inherited } from './takeover.js'
export type { LossReason, SpoolEntry, SpoolRecord } from './segment.js'

export interface SpoolSettings {
  readonly directory: string
  /** Of all files in the directory, of every process that uses it. */
  readonly maxBytes: number
  /** An entry that is older is not sent any more. */
  readonly maxAgeMillis: number
}

export interface SpoolHooks {
  /** An entry will never be sent. */
  onLost(reason: LossReason, entry: SpoolEntry): void
  /** Another process has taken an entry over, because this one was stopped for so long that it seemed dead. That one sends it. */
  onTakenOver?(entry: SpoolEntry): void
  onWarning(text: string): void
}

export interface SpoolParts {
  readonly clock: Clock
  /** The time of day, in milliseconds since 1970. */
  wallTime(): number
  /** From 0 to below 1. */
  random(): number
  readonly hooks: SpoolHooks
  readonly disk?: Disk
  readonly processes?: Processes
  /** Default: a new one. Whoever starts the next thread of this process passes it on as `formerOwner`. */
  readonly ownerId?: string
  /** The `ownerId` of a spool of this process whose thread has ended: what it has left is taken over at once. */
  readonly formerOwner?: string
}

const HOUSEKEEP_MILLIS = 1000

interface UnsettledAppend extends PendingAppend {
  readonly resolve: (entry: SpoolEntry | undefined) => void
}

/**
 * Requests that wait for the backend, on disk, where they outlive the process. Nothing is created before the first append, and
 * nothing is left when nothing waits. docs/spool.md describes the files.
 *
 * It never keeps the process alive, and no method throws or rejects: what the disk refuses is told by a hook.
 */
export class Spool {
  /** Names this spool among all others. */
  readonly ownerId: string
  readonly #settings: SpoolSettings
  readonly #parts: SpoolParts
  readonly #lane: DiskLane
  readonly #work: SpoolWork
  /** Hooks are called when a job has ended: one of them may end the process, and the `exit` event needs all jobs. */
  readonly #notices: (() => void)[] = []
  #waiting: UnsettledAppend[] = []
  readonly #appends = new WeakMap<SpoolRecord, PendingAppend>()
  readonly #takeover: Takeover
  #timer: Timer | undefined
  #isClosed = false

  constructor(settings: SpoolSettings, parts: SpoolParts) {
    this.#settings = settings
    this.#parts = parts
    const { clock, hooks, disk = nodeDisk, processes = systemProcesses() } = parts
    const wallTime = (): number => parts.wallTime()
    this.ownerId = parts.ownerId ?? newOwnerId(processes.self.pid, wallTime(), () => parts.random())
    this.#lane = new DiskLane(disk)
    this.#work = new SpoolWork({
      clock,
      wallTime,
      disk,
      processes,
      ownerId: this.ownerId,
      formerOwner: parts.formerOwner,
      directory: resolve(settings.directory),
      maxBytes: settings.maxBytes,
      onLost: (reason, entry) => void this.#notices.push(() => hooks.onLost(reason, entry)),
      onTakenOver: (entry) => void this.#notices.push(() => hooks.onTakenOver?.(entry)),
      onWarning: (text) => void this.#notices.push(() => hooks.onWarning(text)),
    })
    this.#takeover = new Takeover({ work: this.#work, run: (steps) => this.#run(steps), isClosed: () => this.#isClosed })
  }

  /** Spans in the spool, own and inherited, that are neither settled nor lost. */
  get spans(): number {
    return this.#work.backlog.spans
  }

  /** The same in bytes of requests. */
  get bytes(): number {
    return this.#work.backlog.bytes
  }

  /** Resolves when the record is in a file; it then survives the end of the process. Undefined if the disk refused it. */
  append(record: SpoolRecord): Promise<SpoolEntry | undefined> {
    if (this.#isClosed || this.#work.trouble.isPaused('write')) return Promise.resolve(undefined)
    return new Promise((settle) => {
      const append: UnsettledAppend = { record, entry: undefined, resolve: settle }
      this.#appends.set(record, append)
      this.#waiting.push(append)
      if (this.#waiting.length === 1) void this.#run(this.#writeWaiting())
    })
  }

  /**
   * For the `exit` event, in which no promise settles. Every append that is under way ends first. If that of this record is one of
   * them, its entry is returned, and the record is not written twice.
   */
  appendSync(record: SpoolRecord): SpoolEntry | undefined {
    if (this.#isClosed) return undefined
    this.#lane.finishSync()
    const before = this.#appends.get(record)?.entry
    if (before && before.state !== 'over') return before
    const append: PendingAppend = { record, entry: undefined }
    this.#runSync(this.#work.append([append]))
    return append.entry
  }

  /** For the `exit` event: does at once what was asked for before. */
  finishSync(): void {
    this.#lane.finishSync()
    this.#notify()
  }

  /** Takes over what dead owners have left. To be called again: owners die, and of some it takes half a minute to know. */
  async inherit(): Promise<Inherited> {
    const inherited = await this.#takeover.inherit()
    this.#afterJob()
    return inherited
  }

  /** The oldest entry, an inherited one first. It is the caller's until `settle` or `putBack`. */
  takeOldest(): SpoolEntry | undefined {
    if (this.#isClosed || this.#work.trouble.isPaused('read')) return undefined
    let entry = this.#work.backlog.takeOldest()
    const oldest = this.#parts.wallTime() - this.#settings.maxAgeMillis
    for (; entry && entry.storedAt < oldest; entry = this.#work.backlog.takeOldest()) {
      this.#work.end(entry, 'expired')
      void this.#run(this.#work.saveSettled(entry.segment))
    }
    this.#notify()
    return entry
  }

  /** Undefined if the entry is not the caller's any more: it is lost, as a hook has said, or it was put back because the disk is busy. */
  read(entry: SpoolEntry): Promise<SpoolRecord | undefined> {
    return this.#run(this.#work.read(entry as StoredEntry))
  }

  /** It was delivered, or refused for good. When this resolves, no later process sends it again. */
  async settle(entry: SpoolEntry): Promise<void> {
    if (this.#work.end(entry as StoredEntry)) await this.#run(this.#work.saveSettled((entry as StoredEntry).segment))
  }

  settleSync(entry: SpoolEntry): void {
    if (this.#work.end(entry as StoredEntry)) this.#runSync(this.#work.saveSettled((entry as StoredEntry).segment))
  }

  /** It was not delivered. It becomes the oldest entry again. */
  putBack(entry: SpoolEntry): void {
    this.#work.putBack(entry as StoredEntry)
    this.#notify()
  }

  /** The next process takes over at once what waits. */
  async close(): Promise<void> {
    this.#end()
    await this.#run(this.#work.release())
  }

  closeSync(): void {
    this.#end()
    this.#runSync(this.#work.release())
  }

  #end(): void {
    this.#isClosed = true
    this.#parts.clock.stopTimer(this.#timer)
  }

  *#writeWaiting(): Steps<void> {
    const appends = this.#waiting
    this.#waiting = []
    yield* this.#work.append(appends)
    for (const append of appends) append.resolve(append.entry)
  }

  async #run<T>(steps: Steps<T>): Promise<T> {
    const result = await this.#lane.run(steps)
    this.#afterJob()
    return result
  }

  #runSync<T>(steps: Steps<T>): T {
    const result = this.#lane.runSync(steps)
    this.#afterJob()
    return result
  }

  #afterJob(): void {
    this.#notify()
    const { isLeased, hasLeftovers } = this.#work.owner
    if (!(isLeased || hasLeftovers) || this.#timer || this.#isClosed) return
    this.#timer = this.#parts.clock.startTimer(() => {
      this.#timer = undefined
      void this.#run(this.#work.housekeep(this.#takeover.isIdle))
    }, HOUSEKEEP_MILLIS)
  }

  #notify(): void {
    for (let notice = this.#notices.shift(); notice; notice = this.#notices.shift()) notice()
  }
}
