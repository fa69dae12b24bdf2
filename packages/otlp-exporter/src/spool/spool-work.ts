// SPDX-License-Identifier: Apache-2.0
import { Backlog } from './backlog.js'
import { DiskTrouble } from './disk-trouble.js'
import { codeOf } from './disk.js'
import type { Steps } from './disk.js'
import { Inheritance } from './inheritance.js'
import type { LoadedSegment, Orphans } from './inheritance.js'
import { Owner } from './owner.js'
import type { OwnerParts } from './owner.js'
import { DamagedRecord, SegmentFiles } from './segment-files.js'
import { checkRoot } from './root.js'
import { SegmentWriter } from './segment-writer.js'
import type { PendingAppend } from './segment-writer.js'
import type { LossReason, OwnedDirectory, Segment, SpoolEntry, SpoolRecord, StoredEntry } from './segment.js'
import { SpoolFull, segmentBytes, usedBytes } from './space.js'

export interface WorkParts extends OwnerParts {
  readonly ownerId: string
  readonly formerOwner: string | undefined
  readonly directory: string
  readonly maxBytes: number
  onLost(reason: LossReason, entry: SpoolEntry): void
  onTakenOver(entry: SpoolEntry): void
  onWarning(text: string): void
}

/** What a refusal means for spans that are to be stored. */
const WAIT_IN_MEMORY = 'spans wait in memory until it works again'
/** Errors of a read that a later one need not have: descriptors or memory are short, or somebody changed the permissions. */
const MAY_PASS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EACCES', 'EPERM'])

/** What the spool does on the disk, job by job. No job throws: what the disk refuses is warned of. */
export class SpoolWork {
  readonly backlog: Backlog = new Backlog()
  readonly trouble: DiskTrouble
  readonly owner: Owner
  readonly inheritance: Inheritance
  readonly #parts: WorkParts
  readonly #files = new SegmentFiles()
  readonly #writer: SegmentWriter

  constructor(parts: WorkParts) {
    this.#parts = parts
    const { directory, clock, maxBytes } = parts
    this.trouble = new DiskTrouble(directory, clock, (text) => parts.onWarning(text))
    this.owner = new Owner(directory, parts.ownerId, parts)
    this.inheritance = new Inheritance(directory, parts.formerOwner, { ...parts, files: this.#files })
    this.#writer = new SegmentWriter({
      owner: this.owner,
      backlog: this.backlog,
      segmentBytes: segmentBytes(maxBytes),
      wallTime: () => parts.wallTime(),
      makeRoom: (bytes) => this.#makeRoom(bytes),
      onSealed: (segment) => this.#removeIfDone(segment),
      onSyncError: (error) => this.trouble.failed('sync', error, 'spans in it may not survive a power cut'),
    })
  }

  /** Those that the disk took have their entry afterwards. */
  *append(pending: readonly PendingAppend[]): Steps<void> {
    try {
      yield* this.#writer.append(pending)
      this.trouble.worked()
    } catch (error) {
      this.trouble.pause('write')
      this.trouble.failed('write to', error, WAIT_IN_MEMORY)
    }
    this.#dropGone()
  }

  /** Undefined if the entry is not the caller's any more: it is lost, somebody else has it, or it was put back. */
  *read(entry: StoredEntry): Steps<SpoolRecord | undefined> {
    if (!(yield* this.#keepLease())) {
      this.putBack(entry)
      return undefined
    }
    try {
      if (this.#endIfGone(entry) || entry.state === 'over') return undefined
      const { header, bytes } = yield* this.#files.read(entry)
      return { ...header, bytes }
    } catch (error) {
      yield* this.#cannotRead(entry, error)
      return undefined
    }
  }

  /** Settles or loses an entry in memory. False if it was before. */
  end(entry: StoredEntry, reason?: LossReason): boolean {
    if (!this.backlog.end(entry)) return false
    if (entry.segment.gone === undefined) entry.segment.unsaved.push(entry.offset)
    if (reason) this.#parts.onLost(reason, entry)
    return true
  }

  putBack(entry: StoredEntry): void {
    if (entry.state === 'taken' && !this.#endIfGone(entry)) this.backlog.putBack(entry)
  }

  /** Writes the cursor of a segment, and removes both if nothing in it waits. */
  *saveSettled(segment: Segment): Steps<void> {
    try {
      yield* this.owner.keepLease()
      this.#dropGone()
      // Several entries may be settled at once, and the first of these jobs does it for all.
      if (segment.gone !== undefined || segment.isRemoved) return
      yield* this.#files.saveSettled(segment)
    } catch (error) {
      this.trouble.failed('write to', error, 'spans that arrived may be sent again by the next process')
    }
    yield* this.#removeIfDone(segment)
  }

  *findOrphans(): Steps<Orphans> {
    if (!(yield* checkRoot(this.#parts.directory, this.#parts.disk.userId))) return { dead: [], undecided: 0, failure: undefined }
    return yield* this.inheritance.find(this.owner.baseId)
  }

  /** Takes the entries of a segment in, and loses those that the file does not hold completely. */
  *takeIn({ segment, cutOff }: LoadedSegment): Steps<void> {
    this.backlog.addInherited(segment)
    for (const entry of cutOff) this.end(entry, 'spool_unreadable')
    yield* this.saveSettled(segment)
  }

  *removeIfEmpty(directory: OwnedDirectory): Steps<void> {
    if (directory.segments <= 0 && directory.gone === undefined && !this.owner.isOwn(directory)) {
      yield* this.owner.removeDirectory(directory)
    }
  }

  /** Once a second while there is a lease. `isIdle`: nothing is being taken over. */
  *housekeep(isIdle: boolean): Steps<void> {
    if (isIdle && this.backlog.entries === 0) {
      yield* this.#giveUp()
      return
    }
    try {
      yield* this.owner.removeLeftovers()
      yield* this.#writer.sync()
      yield* this.owner.renew()
    } catch (error) {
      this.trouble.failed('renew the lease of', error, 'another process may send its spans')
    }
    this.#dropGone()
    for (const segment of this.backlog.segments) if (segment.unsaved.length > 0) yield* this.saveSettled(segment)
  }

  /** Leaves nothing behind but what waits, and no lease: the next process takes it over at once. */
  *release(): Steps<void> {
    try {
      yield* this.#settleAll()
      yield* this.owner.release()
    } catch (error) {
      this.trouble.failed('close', error, 'the next process takes over what is in it')
    }
  }

  /** Nothing waits, so nothing is to be left. What the disk does not let go is tried again. */
  *#giveUp(): Steps<void> {
    try {
      yield* this.#settleAll()
      if (this.backlog.segments.length === 0) yield* this.owner.release()
      else yield* this.owner.renew()
    } catch (error) {
      this.trouble.failed('remove what is left in', error, 'it is tried again later')
    }
  }

  *#settleAll(): Steps<void> {
    yield* this.#writer.seal()
    for (const segment of this.backlog.segments) yield* this.saveSettled(segment)
    yield* this.#files.close()
  }

  /** False if it is in doubt whose the files are, and the disk does not let us find out. They cannot be used before we know. */
  *#keepLease(): Steps<boolean> {
    try {
      yield* this.owner.keepLease()
      return true
    } catch (error) {
      this.trouble.failed('renew the lease of', error, 'what is in it is sent later')
      this.trouble.pause('read')
      return false
    } finally {
      this.#dropGone()
    }
  }

  *#cannotRead(entry: StoredEntry, error: unknown): Steps<void> {
    const code = codeOf(error)
    if (MAY_PASS.has(code)) {
      this.trouble.failed('read', error, 'what is in it is sent later')
      this.trouble.pause('read')
      this.putBack(entry)
      return
    }
    if (code === 'ENOENT') {
      try {
        yield* this.owner.findMissing()
      } catch {
        // It is missing all the same.
      }
      this.#dropGone()
      if (this.#endIfGone(entry)) return
    } else if (!(error instanceof DamagedRecord)) {
      this.trouble.failed('read', error, 'the spans in this place are lost')
    }
    if (this.end(entry, 'spool_unreadable')) yield* this.saveSettled(entry.segment)
  }

  *#makeRoom(bytes: number): Steps<void> {
    const { directory, maxBytes } = this.#parts
    if (bytes > maxBytes) throw new SpoolFull(`a request of ${bytes} bytes is larger than the whole spool may be`)
    let used = yield* usedBytes(directory)
    while (used + bytes > maxBytes) {
      const victim = this.backlog.oldestSealed
      if (!victim) throw new SpoolFull(`it is full: other processes hold ${used} of ${maxBytes} bytes`)
      yield* this.#remove(victim)
      used -= victim.size
      this.#drop(victim, 'spool_full')
    }
  }

  *#removeIfDone(segment: Segment): Steps<void> {
    if (segment.open > 0 || !segment.isSealed || segment.isRemoved) return
    if (segment.gone !== undefined || segment.directory.gone !== undefined) return
    try {
      yield* this.#remove(segment)
    } catch (error) {
      // Its cursor says that nothing is left in it, so nobody sends it again.
      this.trouble.failed('remove a segment of', error, 'its spans were sent, and it takes up room')
    }
  }

  *#remove(segment: Segment): Steps<void> {
    yield* this.#files.remove(segment)
    segment.isRemoved = true
    segment.directory.segments -= 1
    // An entry may have been settled after the cursor was written. A cursor of its own would now be left behind.
    segment.unsaved.length = 0
    this.backlog.remove(segment)
    try {
      yield* this.removeIfEmpty(segment.directory)
    } catch (error) {
      this.trouble.failed('remove a directory of', error, 'it is empty, and tried again later')
    }
  }

  /** The file is gone, or somebody else's. What the caller has taken it may still settle or put back. */
  #drop(segment: Segment, reason: LossReason | 'taken_over'): void {
    segment.gone = reason
    segment.isSealed = true
    this.backlog.remove(segment)
    for (const entry of segment.entries) if (entry.state === 'waiting') this.#endIfGone(entry)
  }

  #dropGone(): void {
    if (!this.owner.takeHasGone()) return
    for (const segment of this.backlog.segments) {
      const { gone } = segment.directory
      if (gone !== undefined) this.#drop(segment, gone === 'taken_over' ? gone : 'spool_unreadable')
    }
  }

  #endIfGone(entry: StoredEntry): boolean {
    const { gone } = entry.segment
    if (gone === undefined) return false
    if (this.backlog.end(entry)) {
      if (gone === 'taken_over') this.#parts.onTakenOver(entry)
      else this.#parts.onLost(gone, entry)
    }
    return true
  }
}
