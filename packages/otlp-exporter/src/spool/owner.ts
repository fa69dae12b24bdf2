// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import { codeOf, ifThere, step, writeAll } from './disk.js'
import type { Disk, Steps } from './disk.js'
import { checkRoot } from './root.js'
import { DOUBT_MILLIS, RENEW_MILLIS, encodeLease } from './lease.js'
import type { Processes } from './processes.js'
import type { OwnedDirectory } from './segment.js'

export interface OwnerParts {
  readonly clock: Clock
  wallTime(): number
  readonly disk: Disk
  readonly processes: Processes
}

/** Our lease, and the directories that it covers: the one that we write to, and those that were taken over. */
export class Owner {
  readonly #root: string
  readonly #parts: OwnerParts
  readonly #baseId: string
  #generation = 0
  #beat = 0
  #isLeased = false
  #renewedAt = 0
  #renewedWallTime = 0
  #lastSuffix = 0
  #nextSegment = 1
  #own: OwnedDirectory | undefined
  #hasGone = false
  readonly #directories = new Set<OwnedDirectory>()
  /** What is still to be removed: the disk may have refused that. */
  readonly #leftovers = new Map<string, 'unlink' | 'rmdir'>()

  constructor(root: string, id: string, parts: OwnerParts) {
    this.#root = root
    this.#baseId = id
    this.#parts = parts
  }

  get id(): string {
    return this.#generation === 0 ? this.#baseId : `${this.#baseId}_${this.#generation}`
  }

  /** The part of the id that never changes. */
  get baseId(): string {
    return this.#baseId
  }

  get isLeased(): boolean {
    return this.#isLeased
  }

  get hasLeftovers(): boolean {
    return this.#leftovers.size > 0
  }

  get #leasePath(): string {
    return `${this.#root}/${this.id}.lease`
  }

  isOwn(directory: OwnedDirectory): boolean {
    return this.#own === directory
  }

  /** The directory that we write to. It is made when it is first needed. */
  *ownDirectory(): Steps<OwnedDirectory> {
    yield* this.#lease()
    if (this.#own) return this.#own
    const directory: OwnedDirectory = { path: `${this.#root}/${this.id}`, gone: undefined, segments: 0 }
    yield* step('mkdir', directory.path)
    this.#leftovers.delete(directory.path)
    this.#nextSegment = 1
    this.#own = directory
    this.#directories.add(directory)
    return directory
  }

  takeSegmentNumber(): number {
    const number = this.#nextSegment
    this.#nextSegment += 1
    return number
  }

  /** Takes a directory over whose owner is dead. Undefined if somebody else was faster. */
  *claim(name: string): Steps<OwnedDirectory | undefined> {
    yield* this.#lease()
    const directory: OwnedDirectory = { path: this.#nextPath(), gone: undefined, segments: 0 }
    if (!(yield* this.#move(`${this.#root}/${name}`, directory.path))) return undefined
    this.#directories.add(directory)
    return directory
  }

  /**
   * To be called before a file of ours is changed, and after it: was the process, or its machine, stopped for so long that somebody
   * else may have taken it for dead? If so, takes its own directories over, and marks those for which it comes too late.
   */
  *keepLease(): Steps<void> {
    if (this.#isLeased && this.#doubtMillis() >= DOUBT_MILLIS) yield* this.#reclaim('taken_over')
  }

  /** A file of ours is missing. Finds out which of our directories are. */
  *findMissing(): Steps<void> {
    yield* this.keepLease()
    for (const directory of this.#directories) {
      if (yield* ifThere(step('lstat', directory.path))) continue
      yield* this.#reclaim('removed')
      return
    }
  }

  /** Renews the lease if it is time. Returns whether it was still there: somebody may have emptied the directory of the spool. */
  *renew(): Steps<boolean> {
    if (!this.#isLeased || this.#doubtMillis() < RENEW_MILLIS) return true
    yield* this.keepLease()
    const now = this.#parts.clock.now()
    const wallTime = this.#parts.wallTime()
    const fd = yield* ifThere(step('open', this.#leasePath, 'update'))
    if (fd === undefined) {
      yield* this.#reclaim('removed')
      return false
    }
    yield* this.#writeLease(fd)
    this.#renewedAt = now
    this.#renewedWallTime = wallTime
    return true
  }

  /** Whether a directory has gone since this was last asked for. */
  takeHasGone(): boolean {
    const hasGone = this.#hasGone
    this.#hasGone = false
    return hasGone
  }

  /** Gives up a directory in which nothing is left. */
  *removeDirectory(directory: OwnedDirectory): Steps<void> {
    this.#directories.delete(directory)
    if (this.#own === directory) this.#own = undefined
    this.#leftovers.set(directory.path, 'rmdir')
    yield* this.#remove(directory.path, 'rmdir')
  }

  /** Gives the lease up: the next process takes over at once what is left. */
  *release(): Steps<void> {
    for (const directory of this.#directories) if (directory.segments <= 0) yield* this.removeDirectory(directory)
    if (this.#isLeased) this.#leftovers.set(this.#leasePath, 'unlink')
    this.#isLeased = false
    this.#own = undefined
    this.#directories.clear()
    yield* this.removeLeftovers()
  }

  *removeLeftovers(): Steps<void> {
    for (const [path, how] of this.#leftovers) yield* this.#remove(path, how)
  }

  *#remove(path: string, how: 'unlink' | 'rmdir'): Steps<void> {
    try {
      yield* step(how, path)
    } catch (error) {
      // It is gone, or holds a file that is not ours.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error))) throw error
    }
    this.#leftovers.delete(path)
  }

  /** Another user may be faster, where everybody can make directories. */
  *#makeRoot(): Steps<void> {
    if (yield* checkRoot(this.#root, this.#parts.disk.userId)) return
    yield* step('mkdir', this.#root)
    yield* checkRoot(this.#root, this.#parts.disk.userId)
  }

  #doubtMillis(): number {
    // A machine that was suspended may have stopped the monotonic clock; the time of day goes on.
    return Math.max(this.#parts.clock.now() - this.#renewedAt, this.#parts.wallTime() - this.#renewedWallTime)
  }

  *#lease(): Steps<void> {
    if (this.#isLeased) return
    yield* this.#makeRoot()
    yield* this.#createLease()
  }

  *#createLease(): Steps<void> {
    const now = this.#parts.clock.now()
    const wallTime = this.#parts.wallTime()
    let fd: number
    try {
      fd = yield* step('open', this.#leasePath, 'create')
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      // From an attempt that failed, or that is still on its way.
      fd = yield* step('open', this.#leasePath, 'update')
    }
    // Unless it is written, nobody would remove it before this process has ended.
    this.#leftovers.set(this.#leasePath, 'unlink')
    yield* this.#writeLease(fd)
    this.#leftovers.delete(this.#leasePath)
    this.#isLeased = true
    this.#renewedAt = now
    this.#renewedWallTime = wallTime
  }

  *#writeLease(fd: number): Steps<void> {
    this.#beat += 1
    try {
      yield* writeAll(fd, [encodeLease(this.id, this.#parts.processes.self, this.#beat)], 0, { bytes: 0 })
    } finally {
      yield* step('close', fd)
    }
  }

  /** Exactly one of two that rename the same directory succeeds. So we take part in the race for our own ones. */
  *#reclaim(reason: 'taken_over' | 'removed'): Steps<void> {
    this.#leftovers.set(this.#leasePath, 'unlink')
    yield* this.#makeRoot()
    this.#generation += 1
    this.#lastSuffix = 0
    try {
      yield* this.#createLease()
      for (const directory of this.#directories) yield* this.#moveOwn(directory, reason)
    } catch (error) {
      // What has not been moved is still in doubt.
      this.#renewedAt = -Infinity
      throw error
    }
    yield* this.removeLeftovers()
  }

  *#moveOwn(directory: OwnedDirectory, reason: 'taken_over' | 'removed'): Steps<void> {
    const path = this.#nextPath()
    if (yield* this.#move(directory.path, path)) {
      directory.path = path
      return
    }
    directory.gone = reason
    this.#hasGone = true
    this.#directories.delete(directory)
    if (this.#own === directory) this.#own = undefined
  }

  *#move(from: string, to: string): Steps<boolean> {
    try {
      yield* step('rename', from, to)
      return true
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      // No other process uses this name: an attempt at this call that was not waited for may have done it.
      return (yield* ifThere(step('lstat', to))) !== undefined
    }
  }

  #nextPath(): string {
    this.#lastSuffix += 1
    return `${this.#root}/${this.id}.${this.#lastSuffix}`
  }
}
