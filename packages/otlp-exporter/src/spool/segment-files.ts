// SPDX-License-Identifier: Apache-2.0
import { crc32 } from './crc32.js'
import { codeOf, ifThere, readAll, readFile, step, writeAll } from './disk.js'
import type { Steps } from './disk.js'
import {
  CURSOR_ENTRY_BYTES,
  RECORD_HEADER_BYTES,
  decodeCursorEntries,
  decodeRecordHeader,
  encodeCursorEntries,
} from './format.js'
import type { RecordHeader } from './format.js'
import type { Segment, StoredEntry } from './segment.js'

interface OpenFile {
  readonly segment: Segment
  readonly fd: number
}

/** The record does not stand where it was written, or not as it was written. */
export class DamagedRecord extends Error {
  override readonly name = 'DamagedRecord'
}

/** Reads records, writes cursors, and removes both. Keeps one descriptor of each kind. */
export class SegmentFiles {
  #reader: OpenFile | undefined
  #cursor: OpenFile | undefined;

  /** Throws {@link DamagedRecord}, or what the disk throws. */
  *read(entry: StoredEntry): Steps<{ readonly header: RecordHeader; readonly bytes: Uint8Array }> {
    const { segment } = entry
    if (this.#reader?.segment !== segment) {
      yield* this.#closeReader()
      this.#reader = { segment, fd: yield* step('open', segment.path, 'read') }
    }
    const record = new Uint8Array(RECORD_HEADER_BYTES + entry.byteLength)
    const length = yield* readAll(this.#reader.fd, record, entry.offset)
    const header = decodeRecordHeader(record, 0, segment.number, entry.offset)
    const bytes = record.subarray(RECORD_HEADER_BYTES)
    if (length < record.length || header?.payloadLength !== entry.byteLength || crc32(bytes) !== header.payloadCrc) {
      throw new DamagedRecord()
    }
    return { header, bytes }
  }

  /** Appends what is settled to the cursor. What could not be written is written the next time. */
  *saveSettled(segment: Segment): Steps<void> {
    const { unsaved } = segment
    if (unsaved.length === 0 || segment.gone !== undefined) return
    if (this.#cursor?.segment !== segment) {
      yield* this.#closeCursor()
      this.#cursor = { segment, fd: yield* this.#openCursor(segment.cursorPath) }
    }
    const count = unsaved.length
    const entries = encodeCursorEntries(unsaved, segment.number)
    // At a whole number of entries, over the torn end that a crash may have left.
    yield* writeAll(this.#cursor.fd, [entries], segment.cursorEntries * CURSOR_ENTRY_BYTES, { bytes: 0 })
    segment.cursorEntries += count
    unsaved.splice(0, count)
  }

  /** The offsets that are settled. */
  *loadCursor(segment: Segment): Steps<ReadonlySet<number>> {
    const bytes = yield* readFile(segment.cursorPath)
    if (!bytes) return new Set()
    segment.cursorEntries = Math.floor(bytes.length / CURSOR_ENTRY_BYTES)
    return decodeCursorEntries(bytes, segment.number)
  }

  /** The segment first: a segment without its cursor would be sent again. */
  *remove(segment: Segment): Steps<void> {
    if (this.#reader?.segment === segment) yield* this.#closeReader()
    if (this.#cursor?.segment === segment) yield* this.#closeCursor()
    yield* ifThere(step('unlink', segment.path))
    yield* ifThere(step('unlink', segment.cursorPath))
  }

  *close(): Steps<void> {
    yield* this.#closeReader()
    yield* this.#closeCursor()
  }

  *#closeReader(): Steps<void> {
    const reader = this.#reader
    this.#reader = undefined
    if (reader) yield* step('close', reader.fd)
  }

  *#closeCursor(): Steps<void> {
    const cursor = this.#cursor
    this.#cursor = undefined
    if (cursor) yield* step('close', cursor.fd)
  }

  *#openCursor(path: string): Steps<number> {
    for (;;) {
      const fd = yield* ifThere(step('open', path, 'update'))
      if (fd !== undefined) return fd
      try {
        return yield* step('open', path, 'create')
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
    }
  }
}
