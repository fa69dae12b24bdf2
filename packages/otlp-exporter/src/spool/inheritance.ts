// SPDX-License-Identifier: Apache-2.0
import { codeOf, ifThere, readFile, step } from './disk.js'
import type { Steps } from './disk.js'
import { LeaseWatch, decodeLease, livenessOf, parseOwnerName } from './lease.js'
import type { OwnerParts } from './owner.js'
import { Segment, StoredEntry, parseFileName, segmentName } from './segment.js'
import type { OwnedDirectory } from './segment.js'
import type { SegmentFiles } from './segment-files.js'
import { scanSegment, unknownVersionOf } from './segment-scan.js'

/** What a dead owner has left. */
export interface Orphan {
  readonly id: string
  /** Names of directories. */
  readonly directories: readonly string[]
  /** The lease as it was read; undefined if there is none. */
  readonly lease: Uint8Array | undefined
}

export interface Orphans {
  readonly dead: readonly Orphan[]
  /** Owners of which it will only be known later whether they are alive. */
  readonly undecided: number
  /** Why that is so of one of them, if the disk has refused to tell. */
  readonly failure: unknown
}

/** A segment, as it was found. */
export interface LoadedSegment {
  readonly segment: Segment
  /** Entries whose payload the file does not hold to its end. */
  readonly cutOff: readonly StoredEntry[]
  readonly tornRecords: number
  readonly tornBytes: number
}

interface InheritanceParts extends OwnerParts {
  readonly files: SegmentFiles
  onWarning(text: string): void
}

/** Finds and loads what dead owners have left in the directory of the spool. */
export class Inheritance {
  readonly #root: string
  readonly #parts: InheritanceParts
  /** The base of the id of an owner that is known to be dead: a thread of this process. */
  readonly #formerOwner: string | undefined
  readonly #watch = new LeaseWatch()
  /** The ids of owners that used another version. */
  readonly #otherVersions = new Set<string>()
  /** The ids of owners that are another user. */
  readonly #strangers = new Set<string>()

  constructor(root: string, formerOwner: string | undefined, parts: InheritanceParts) {
    this.#root = root
    this.#formerOwner = formerOwner
    this.#parts = parts
  }

  /** `self` is the base of our own id. */
  *find(self: string): Steps<Orphans> {
    const owners = new Map<string, { base: string; directories: string[] }>()
    for (const name of (yield* ifThere(step('readdir', this.#root))) ?? []) {
      const parsed = parseOwnerName(name)
      if (!parsed || parsed.base === self) continue
      const owner = owners.get(parsed.id) ?? { base: parsed.base, directories: [] }
      owners.set(parsed.id, owner)
      if (!parsed.isLease) owner.directories.push(name)
    }
    const dead: Orphan[] = []
    let undecided = 0
    let failure: unknown
    for (const [id, { base, directories }] of owners) {
      if (this.#otherVersions.has(id)) continue
      try {
        // Also if the list has no lease: of what is made while it is read, it may have only a part.
        const lease = yield* readFile(this.#leasePath(id))
        const state = lease === undefined || base === this.#formerOwner ? 'dead' : this.#stateOf(id, lease)
        if (state === 'dead') dead.push({ id, directories, lease })
        else if (state === 'unknown') undecided += 1
      } catch (error) {
        undecided += 1
        if (!this.#isForeign(id, this.#leasePath(id), error)) failure = error
      }
    }
    this.#watch.keepOnly(new Set(owners.keys()))
    return { dead, undecided, failure }
  }

  #stateOf(id: string, lease: Uint8Array): 'alive' | 'dead' | 'unknown' {
    const state = livenessOf(decodeLease(lease), this.#parts.processes)
    return state === 'unknown' && this.#watch.isStale(id, lease, this.#parts.clock.now()) ? 'dead' : state
  }

  /** The directories that may be taken over: all are of our version. The lease is removed, so that whoever is faster gets each of them. */
  *open({ id, directories, lease }: Orphan): Steps<readonly string[]> {
    const readable: string[] = []
    for (const name of directories) if (yield* this.#isReadable(id, name)) readable.push(name)
    const now = yield* readFile(this.#leasePath(id))
    // It was only stopped, and has come back.
    if (now && (!lease || Buffer.compare(now, lease) !== 0)) return []
    if (now && readable.length === directories.length) yield* ifThere(step('unlink', this.#leasePath(id)))
    return readable
  }

  /** The numbers of the segments in a directory that was taken over, in order. Removes cursors that have lost their segment. */
  *list(directory: OwnedDirectory): Steps<readonly number[]> {
    const files = (yield* step('readdir', directory.path)).flatMap((name) => parseFileName(name) ?? [])
    const numbers = files.filter(({ kind }) => kind === 'segment').map(({ number }) => number)
    const stray = files.filter(({ kind, number }) => kind === 'cursor' && !numbers.includes(number))
    for (const { number } of stray) yield* ifThere(step('unlink', new Segment(directory, number, 0, true).cursorPath))
    return numbers.toSorted((a, b) => a - b)
  }

  /** Undefined if the segment has gone. `notBefore` is when the one before it was made: the clock may have been set back since. */
  *load(directory: OwnedDirectory, number: number, notBefore: number): Steps<LoadedSegment | undefined> {
    const scan = yield* ifThere(scanSegment(`${directory.path}/${segmentName(number)}`, number))
    if (!scan) return undefined
    const createdAt = Math.max(scan.createdAt ?? scan.records[0]?.header.storedAt ?? 0, notBefore)
    const segment = new Segment(directory, number, createdAt, true)
    const settled = yield* this.#parts.files.loadCursor(segment)
    const cutOff: StoredEntry[] = []
    for (const { header, offset, isCutOff } of scan.records) {
      if (settled.has(offset)) continue
      const entry = new StoredEntry(segment, segment.entries.length, offset, header)
      segment.entries.push(entry)
      if (isCutOff) cutOff.push(entry)
    }
    segment.size = scan.size
    const { tornRecords, tornBytes } = scan
    return { segment, cutOff, tornRecords, tornBytes }
  }

  *#isReadable(id: string, name: string): Steps<boolean> {
    const path = `${this.#root}/${name}`
    // A link, say: the spool makes none.
    if ((yield* ifThere(step('lstat', path)))?.kind !== 'directory') return false
    try {
      for (const file of (yield* ifThere(step('readdir', path))) ?? []) {
        if (parseFileName(file)?.kind !== 'segment') continue
        const version = yield* ifThere(unknownVersionOf(`${path}/${file}`))
        if (version === undefined) continue
        this.#otherVersions.add(id)
        this.#leave(`${path} was written by another version of the spool (format ${version})`)
        return false
      }
    } catch (error) {
      if (this.#isForeign(id, path, error)) return false
      throw error
    }
    return true
  }

  /** Warns once of files of another user. Somebody may give them to us later. */
  #isForeign(id: string, path: string, error: unknown): boolean {
    const code = codeOf(error)
    if (code !== 'EACCES' && code !== 'EPERM') return false
    if (!this.#strangers.has(id)) this.#leave(`${path} cannot be read (${code}), and may belong to another user`)
    this.#strangers.add(id)
    return true
  }

  #leave(why: string): void {
    this.#parts.onWarning(`${why}; it is left where it is, and its spans are not sent`)
  }

  #leasePath(id: string): string {
    return `${this.#root}/${id}.lease`
  }
}
