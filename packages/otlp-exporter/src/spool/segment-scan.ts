// SPDX-License-Identifier: Apache-2.0
import { readAll, step } from './disk.js'
import type { Steps } from './disk.js'
import {
  RECORD_HEADER_BYTES,
  RECORD_MAGIC_BYTES,
  SEGMENT_HEADER_BYTES,
  decodeRecordHeader,
  decodeSegmentHeader,
} from './format.js'
import type { RecordHeader } from './format.js'

/** How much is read at once, in bytes: the headers of small records come together. */
const WINDOW_BYTES = 64 * 1024

interface FoundRecord {
  readonly offset: number
  readonly header: RecordHeader
  /** Whether the file ends before the payload does. */
  readonly isCutOff: boolean
}

export interface SegmentScan {
  /** Of another version, if it has one: nothing else is known of it then. */
  readonly unknownVersion: number | undefined
  /** The time of day, in milliseconds since 1970; undefined if the header of the segment is damaged. */
  readonly createdAt: number | undefined
  readonly records: readonly FoundRecord[]
  /** Of the file, in bytes. */
  readonly size: number
  /** Where something is damaged, and how many bytes that is. */
  readonly tornRecords: number
  readonly tornBytes: number
}

/** What version a segment has, if it is not ours. */
export function* unknownVersionOf(path: string): Steps<number | undefined> {
  const fd = yield* step('open', path, 'read')
  try {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
    const header = decodeSegmentHeader(bytes.subarray(0, yield* readAll(fd, bytes, 0)))
    return header && 'version' in header ? header.version : undefined
  } finally {
    yield* step('close', fd)
  }
}

/**
 * Finds the records of a segment by their headers. Payloads are checked when they are read. Where no sound header stands, it looks for
 * the next one: only what is damaged is lost.
 */
export function* scanSegment(path: string, number: number): Steps<SegmentScan> {
  const { size } = yield* step('lstat', path)
  const fd = yield* step('open', path, 'read')
  try {
    return yield* scan(new Window(fd, size), number)
  } finally {
    yield* step('close', fd)
  }
}

function* scan(window: Window, number: number): Steps<SegmentScan> {
  const start = yield* window.at(0, SEGMENT_HEADER_BYTES)
  const segment = decodeSegmentHeader(start)
  const records: FoundRecord[] = []
  let [tornRecords, tornBytes] = [0, 0]
  if (segment && 'version' in segment) {
    return { unknownVersion: segment.version, createdAt: undefined, records, size: window.size, tornRecords, tornBytes }
  }
  let offset = segment ? SEGMENT_HEADER_BYTES : 0
  while (offset < window.size) {
    const header = decodeRecordHeader(yield* window.at(offset, RECORD_HEADER_BYTES), 0, number, offset)
    const end = header ? offset + RECORD_HEADER_BYTES + header.payloadLength : 0
    if (header && end <= window.size) {
      records.push({ offset, header, isCutOff: false })
      offset = end
      continue
    }
    if (header) records.push({ offset, header, isCutOff: true })
    const next = yield* findRecord(window, offset + 1, number)
    tornRecords += 1
    tornBytes += next - offset
    offset = next
  }
  return { unknownVersion: undefined, createdAt: segment?.createdAt, records, size: window.size, tornRecords, tornBytes }
}

/** Where the next sound header is, or the end of the file. */
function* findRecord(window: Window, from: number, number: number): Steps<number> {
  let offset = from
  while (offset + RECORD_HEADER_BYTES <= window.size) {
    const bytes = yield* window.at(offset, RECORD_HEADER_BYTES)
    const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(RECORD_MAGIC_BYTES)
    if (at === -1) {
      // The magic may begin in the last bytes.
      offset += Math.max(bytes.length - (RECORD_MAGIC_BYTES.length - 1), 1)
    } else if (at > 0) {
      offset += at
    } else if (decodeRecordHeader(bytes, 0, number, offset)) {
      return offset
    } else {
      offset += 1
    }
  }
  return window.size
}

/** A part of a file in memory, moved as it is read. */
class Window {
  /** Of the file. It becomes smaller if the file does. */
  size: number
  readonly #fd: number
  #bytes = new Uint8Array(0)
  #start = 0

  constructor(fd: number, size: number) {
    this.#fd = fd
    this.size = size
  }

  /** What is in memory from there on: `least` bytes or more, fewer only at the end of the file. */
  *at(offset: number, least: number): Steps<Uint8Array> {
    const end = this.#start + this.#bytes.length
    if (offset < this.#start || Math.min(offset + least, this.size) > end) {
      const bytes = new Uint8Array(Math.max(Math.min(WINDOW_BYTES, this.size - offset), 0))
      this.#bytes = bytes.subarray(0, yield* readAll(this.#fd, bytes, offset))
      this.#start = offset
      if (this.#bytes.length < bytes.length) this.size = offset + this.#bytes.length
    }
    return this.#bytes.subarray(offset - this.#start)
  }
}
