// SPDX-License-Identifier: Apache-2.0
import { RECORD_HEADER_BYTES } from './format.js'
import type { ContentType, Encoding, RecordHeader } from './format.js'

/** A request that waits for the backend, as the spool keeps it. */
export interface SpoolRecord {
  readonly spanCount: number
  /** The body of the request. It must not change until the append has ended. */
  readonly bytes: Uint8Array
  readonly encoding: Encoding
  readonly contentType: ContentType
  /** The time of day, in milliseconds since 1970. */
  readonly storedAt: number
  /** 32 bits, unsigned. It means something only to the process that wrote it. */
  readonly tag: number
}

/** A record in the spool, without its bytes. */
export interface SpoolEntry {
  readonly spanCount: number
  /** Of the request's body. */
  readonly byteLength: number
  /** The time of day, in milliseconds since 1970. */
  readonly storedAt: number
  readonly tag: number
  /** Whether an earlier owner of the directory wrote it. */
  readonly isInherited: boolean
  /** Whether it is no longer in the spool: that was full, or another process has it, or somebody has removed it. */
  readonly isGone: boolean
}

/** Why an entry will never be sent. */
export type LossReason = 'spool_full' | 'expired' | 'spool_unreadable'

/** A directory of ours. Its path changes when it is taken over. */
export interface OwnedDirectory {
  path: string
  /** Why it is no longer ours: another process has taken it over, or somebody has removed it. */
  gone: 'taken_over' | 'removed' | undefined
  /** How many segments are in it. */
  segments: number
}

/** `waiting` in the spool, `taken` by the caller, or `over`: settled, or lost. */
type EntryState = 'waiting' | 'taken' | 'over'

export class StoredEntry implements SpoolEntry {
  readonly segment: Segment
  /** Its place among the entries of its segment. */
  readonly index: number
  /** Where its record begins, in bytes from the start of the segment. */
  readonly offset: number
  readonly byteLength: number
  readonly spanCount: number
  readonly storedAt: number
  readonly tag: number
  state: EntryState = 'waiting'

  constructor(segment: Segment, index: number, offset: number, header: RecordHeader) {
    this.segment = segment
    this.index = index
    this.offset = offset
    this.byteLength = header.payloadLength
    this.spanCount = header.spanCount
    this.storedAt = header.storedAt
    this.tag = header.tag
  }

  get isInherited(): boolean {
    return this.segment.isInherited
  }

  get isGone(): boolean {
    return this.segment.gone !== undefined
  }

  /** Where the next record begins. */
  get end(): number {
    return this.offset + RECORD_HEADER_BYTES + this.byteLength
  }
}

/** What is known of a segment file and its cursor. */
export class Segment {
  readonly directory: OwnedDirectory
  readonly number: number
  readonly createdAt: number
  readonly isInherited: boolean
  /** Of what is sound in the file, in bytes. */
  size = 0
  /** Nothing is appended any more. */
  isSealed: boolean
  /** In the order of the file. */
  readonly entries: StoredEntry[] = []
  /** No entry before this one waits. */
  firstWaiting = 0
  /** How many entries are not over. */
  open = 0
  /** Offsets of entries that are settled, which the cursor does not have yet. */
  readonly unsaved: number[] = []
  /** Of the cursor, in whole entries. */
  cursorEntries = 0
  /** Why its entries cannot be read any more, if the file is no longer there or no longer ours. */
  gone: LossReason | 'taken_over' | undefined
  /** Whether its files were removed, since nothing in it waits. */
  isRemoved = false

  constructor(directory: OwnedDirectory, number: number, createdAt: number, isInherited: boolean) {
    this.directory = directory
    this.number = number
    this.createdAt = createdAt
    this.isInherited = isInherited
    this.isSealed = isInherited
  }

  get path(): string {
    return `${this.directory.path}/${segmentName(this.number)}`
  }

  get cursorPath(): string {
    return `${this.directory.path}/${cursorName(this.number)}`
  }
}

const FILE_NAME = /^(\d{8,10})\.(segment|cursor)$/

export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.segment`
}

export function cursorName(number: number): string {
  return `${String(number).padStart(8, '0')}.cursor`
}

/** What a file in the directory of an owner is; undefined if it is not ours. */
export function parseFileName(name: string): { readonly number: number; readonly kind: 'segment' | 'cursor' } | undefined {
  const match = FILE_NAME.exec(name)
  return match ? { number: Number(match[1]), kind: match[2] as 'segment' | 'cursor' } : undefined
}
