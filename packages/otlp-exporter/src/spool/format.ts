// SPDX-License-Identifier: Apache-2.0
import { crc32 } from './crc32.js'

/*
 * The bytes of a segment and of its cursor. docs/spool.md has the picture. All numbers are little-endian.
 *
 * The checksum of a record's header also covers the number of the segment and the offset of the record. So bytes that look like a
 * record, in a payload that holds a copy of a spool, are never taken for one while the reader looks for the next sound header.
 */

/** A segment of another version is left alone. A change of the record or the cursor changes this number too. */
export const FORMAT_VERSION = 1
export const SEGMENT_HEADER_BYTES = 20
export const RECORD_HEADER_BYTES = 36
export const CURSOR_ENTRY_BYTES = 8

/** 'SPSG' */
const SEGMENT_MAGIC = 0x47535053
/** 'SPRC' */
const RECORD_MAGIC = 0x43525053
/** The magic of a record as bytes, to search for. */
export const RECORD_MAGIC_BYTES: Uint8Array = new Uint8Array([0x53, 0x50, 0x52, 0x43])
/** The CRC32 field of a record's header ends here. It covers the rest of the header. */
const RECORD_CHECKED_FROM = 8
const SEGMENT_CHECKED_TO = SEGMENT_HEADER_BYTES - 4

const ENCODINGS = ['none', 'gzip', 'zstd'] as const
export type Encoding = (typeof ENCODINGS)[number]
const CONTENT_TYPES = ['application/x-protobuf', 'application/json'] as const
export type ContentType = (typeof CONTENT_TYPES)[number]

export interface RecordHeader {
  readonly payloadLength: number
  readonly payloadCrc: number
  readonly spanCount: number
  readonly encoding: Encoding
  readonly contentType: ContentType
  readonly tag: number
  /** The time of day, in milliseconds since 1970. */
  readonly storedAt: number
}

export interface SegmentHeader {
  /** The time of day, in milliseconds since 1970. */
  readonly createdAt: number
}

/** A segment of a version that this code does not know. */
export interface UnknownVersion {
  readonly version: number
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = viewOf(bytes)
  view.setUint32(0, SEGMENT_MAGIC, true)
  view.setUint16(4, FORMAT_VERSION, true)
  view.setUint16(6, SEGMENT_HEADER_BYTES, true)
  setMillis(view, 8, header.createdAt)
  view.setUint32(SEGMENT_CHECKED_TO, crc32(bytes.subarray(0, SEGMENT_CHECKED_TO)), true)
  return bytes
}

/** Undefined if the header is damaged or cut off. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | UnknownVersion | undefined {
  if (bytes.length < 6) return undefined
  const view = viewOf(bytes)
  if (view.getUint32(0, true) !== SEGMENT_MAGIC) return undefined
  const version = view.getUint16(4, true)
  // Versions begin at 1. After a power cut, what had not reached the disk is zeros.
  if (version === 0) return undefined
  const isSound = bytes.length >= SEGMENT_HEADER_BYTES && view.getUint32(SEGMENT_CHECKED_TO, true) === crc32(asOurVersion(bytes))
  // A version with one flipped bit is damage, not another version: its records can still be found.
  if (version !== FORMAT_VERSION) return isSound ? undefined : { version }
  return isSound ? { createdAt: getMillis(view, 8) } : undefined
}

/** The checked part of the header of a segment, with our version in it. */
function asOurVersion(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice(0, SEGMENT_CHECKED_TO)
  viewOf(copy).setUint16(4, FORMAT_VERSION, true)
  return copy
}

export function encodeRecordHeader(header: RecordHeader, segment: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES)
  const view = viewOf(bytes)
  view.setUint32(0, RECORD_MAGIC, true)
  view.setUint32(8, header.payloadLength, true)
  view.setUint32(12, header.payloadCrc, true)
  setMillis(view, 16, header.storedAt)
  view.setUint32(24, header.spanCount, true)
  view.setUint32(28, header.tag, true)
  bytes[32] = ENCODINGS.indexOf(header.encoding)
  bytes[33] = CONTENT_TYPES.indexOf(header.contentType)
  view.setUint32(4, recordCheck(bytes, segment, offset), true)
  return bytes
}

/** Undefined unless a sound header of this place begins at `at`. */
export function decodeRecordHeader(bytes: Uint8Array, at: number, segment: number, offset: number): RecordHeader | undefined {
  if (at + RECORD_HEADER_BYTES > bytes.length) return undefined
  const header = bytes.subarray(at, at + RECORD_HEADER_BYTES)
  const view = viewOf(header)
  if (view.getUint32(0, true) !== RECORD_MAGIC) return undefined
  if (view.getUint32(4, true) !== recordCheck(header, segment, offset)) return undefined
  const encoding = ENCODINGS[view.getUint8(32)]
  const contentType = CONTENT_TYPES[view.getUint8(33)]
  if (encoding === undefined || contentType === undefined) return undefined
  return {
    payloadLength: view.getUint32(8, true),
    payloadCrc: view.getUint32(12, true),
    storedAt: getMillis(view, 16),
    spanCount: view.getUint32(24, true),
    tag: view.getUint32(28, true),
    encoding,
    contentType,
  }
}

/** Entries of the cursor: the offsets of records that are settled, each with a check of its own. */
export function encodeCursorEntries(offsets: readonly number[], segment: number): Uint8Array {
  const bytes = new Uint8Array(offsets.length * CURSOR_ENTRY_BYTES)
  const view = viewOf(bytes)
  for (const [index, offset] of offsets.entries()) {
    view.setUint32(index * CURSOR_ENTRY_BYTES, offset, true)
    view.setUint32(index * CURSOR_ENTRY_BYTES + 4, placeSum(segment, offset), true)
  }
  return bytes
}

/** The offsets in the sound entries. A torn or damaged entry says nothing: its record is sent once more. */
export function decodeCursorEntries(bytes: Uint8Array, segment: number): Set<number> {
  const offsets = new Set<number>()
  const view = viewOf(bytes)
  for (let at = 0; at + CURSOR_ENTRY_BYTES <= bytes.length; at += CURSOR_ENTRY_BYTES) {
    const offset = view.getUint32(at, true)
    if (view.getUint32(at + 4, true) === placeSum(segment, offset)) offsets.add(offset)
  }
  return offsets
}

const place = new Uint8Array(8)
const placeView = viewOf(place)

function placeSum(segment: number, offset: number): number {
  placeView.setUint32(0, segment, true)
  placeView.setUint32(4, offset, true)
  return crc32(place)
}

function recordCheck(header: Uint8Array, segment: number, offset: number): number {
  return crc32(header.subarray(RECORD_CHECKED_FROM), placeSum(segment, offset))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A time of day from before 1970, or one that is no number, becomes 0. */
function setMillis(view: DataView, at: number, millis: number): void {
  const whole = millis > 0 ? Math.min(Math.floor(millis), Number.MAX_SAFE_INTEGER) : 0
  view.setUint32(at, whole % 2 ** 32, true)
  view.setUint32(at + 4, Math.floor(whole / 2 ** 32), true)
}

function getMillis(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}
