// SPDX-License-Identifier: Apache-2.0
import type { Backlog } from './backlog.js'
import { crc32 } from './crc32.js'
import { codeOf, step, writeAll } from './disk.js'
import type { Steps } from './disk.js'
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, encodeRecordHeader, encodeSegmentHeader } from './format.js'
import type { RecordHeader } from './format.js'
import type { Owner } from './owner.js'
import { Segment, StoredEntry } from './segment.js'
import type { SpoolRecord } from './segment.js'

/** Pieces of memory given to one write: the header and the payload of each record. */
const MAX_CHUNKS = 512

/** A record on its way to the disk. */
export interface PendingAppend {
  readonly record: SpoolRecord
  /** Set when the record is in a file. */
  entry: StoredEntry | undefined
}

export interface WriterParts {
  readonly owner: Owner
  readonly backlog: Backlog
  /** The size at which a segment is full, in bytes. */
  readonly segmentBytes: number
  wallTime(): number
  /** Throws if there is no room for a segment of this size. */
  makeRoom(bytes: number): Steps<void>
  /** The segment takes no more records; it may have none left that waits. */
  onSealed(segment: Segment): Steps<void>
  /** A datasync has failed. Nothing is lost by that. */
  onSyncError(error: unknown): void
}

/** Appends records to the segment that is being written. */
export class SegmentWriter {
  readonly #parts: WriterParts
  #open: { readonly segment: Segment; readonly fd: number } | undefined
  /** Whether something was written that a power cut could still take. */
  isDirty = false

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /** In order. When the disk refuses one, throws, and those that are in a file have their entry. */
  *append(pending: readonly PendingAppend[]): Steps<void> {
    let done = 0
    while (done < pending.length) {
      yield* this.#parts.owner.keepLease()
      const size = RECORD_HEADER_BYTES + (pending[done]?.record.bytes.length ?? 0)
      const open = yield* this.#segmentFor(size)
      done += yield* this.#writeGroup(open.segment, open.fd, pending.slice(done))
    }
  }

  *sync(): Steps<void> {
    const open = this.#open
    if (!open || !this.isDirty) return
    this.isDirty = false
    try {
      yield* step('datasync', open.fd)
    } catch (error) {
      this.#parts.onSyncError(error)
    }
  }

  /** The next record begins a new segment. */
  *seal(): Steps<void> {
    const open = this.#open
    if (!open) return
    yield* this.sync()
    this.#open = undefined
    open.segment.isSealed = true
    yield* step('close', open.fd)
    yield* this.#parts.onSealed(open.segment)
  }

  *#segmentFor(size: number): Steps<{ readonly segment: Segment; readonly fd: number }> {
    const { owner, backlog, segmentBytes } = this.#parts
    const current = this.#open?.segment
    if (current && (current.gone !== undefined || current.directory.gone !== undefined || current.size + size > segmentBytes))
      yield* this.seal()
    if (this.#open) return this.#open
    yield* this.#parts.makeRoom(Math.max(segmentBytes, SEGMENT_HEADER_BYTES + size))
    for (let hasLooked = false; ;) {
      const directory = yield* owner.ownDirectory()
      const segment = new Segment(directory, owner.takeSegmentNumber(), this.#parts.wallTime(), false)
      try {
        this.#open = { segment, fd: yield* step('open', segment.path, 'create') }
      } catch (error) {
        // Another attempt at this call may have made it. It is empty, and its number is used up.
        if (codeOf(error) === 'EEXIST') continue
        if (codeOf(error) !== 'ENOENT' || hasLooked) throw error
        hasLooked = true
        yield* owner.findMissing()
        continue
      }
      directory.segments += 1
      backlog.addOwn(segment)
      return this.#open
    }
  }

  /** Writes what fits into the segment with one call. Returns how many records that was. */
  *#writeGroup(segment: Segment, fd: number, pending: readonly PendingAppend[]): Steps<number> {
    const chunks: Uint8Array[] = []
    const entries: StoredEntry[] = []
    const start = segment.size
    let end = start
    if (start === 0) {
      chunks.push(encodeSegmentHeader(segment))
      end = SEGMENT_HEADER_BYTES
    }
    for (const { record } of pending) {
      const isFull = end + RECORD_HEADER_BYTES + record.bytes.length > this.#parts.segmentBytes || chunks.length >= MAX_CHUNKS
      if (isFull && entries.length > 0) break
      const header = headerOf(record)
      chunks.push(encodeRecordHeader(header, segment.number, end))
      if (record.bytes.length > 0) chunks.push(record.bytes)
      entries.push(new StoredEntry(segment, segment.entries.length + entries.length, end, header))
      end = entries.at(-1)?.end ?? end
    }
    const progress = { bytes: 0 }
    let isOurs = true
    try {
      this.isDirty = true
      yield* writeAll(fd, chunks, start, progress)
      yield* this.#parts.owner.keepLease()
      isOurs = segment.directory.gone === undefined
    } catch (error) {
      const whole = entries.filter((entry) => entry.end <= start + progress.bytes)
      this.#register(whole, pending)
      yield* this.#cutOff(segment, fd, whole.at(-1)?.end ?? start)
      throw error
    }
    // Somebody else owns the directory by now, and may have looked into the file before.
    if (!isOurs) return 0
    segment.size = end
    this.#register(entries, pending)
    return entries.length
  }

  #register(entries: readonly StoredEntry[], pending: readonly PendingAppend[]): void {
    for (const [index, entry] of entries.entries()) {
      this.#parts.backlog.addEntry(entry)
      const append = pending[index]
      if (append) append.entry = entry
    }
  }

  /** Nothing is ever appended behind half a record: it is cut off, and what follows goes to a new segment. */
  *#cutOff(segment: Segment, fd: number, size: number): Steps<void> {
    segment.size = size
    try {
      yield* step('truncate', fd, size)
    } catch {
      // Then it stays, and whoever reads the segment counts it as torn.
    }
    yield* this.seal()
  }
}

function headerOf(record: SpoolRecord): RecordHeader {
  return {
    payloadLength: record.bytes.length,
    payloadCrc: crc32(record.bytes),
    spanCount: record.spanCount >>> 0,
    encoding: record.encoding,
    contentType: record.contentType,
    tag: record.tag >>> 0,
    // As it will be read.
    storedAt: Math.max(Math.floor(record.storedAt), 0),
  }
}
