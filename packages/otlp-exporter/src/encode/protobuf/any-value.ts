// SPDX-License-Identifier: Apache-2.0
import type { AnyAttributes } from '../../readable-span.js'
import { isBytes, lengthOfBytes, MAX_DEPTH, NestingLimitError } from '../attribute-values.js'
import { type EncodedKey, KEY, VALUE } from './encoded-key.js'
import { type ProtobufWriter, SHORT_TEXT, varintLength } from './writer.js'

/** Of an encoded key, in bytes: with a short text it stays below 128 bytes, so that every length is one byte. */
const SHORT_KEY = 72
/** An object to which more properties were added by key, as the SDK adds them, is a dictionary to V8. */
const MOST_FIELDS = 19

const STRING_VALUE = 0x0a
const BOOL_VALUE = 0x10
const DOUBLE_VALUE = 0x21
const ARRAY_VALUE = 0x2a
const KVLIST_VALUE = 0x32
const BYTES_VALUE = 0x3a
/** ArrayValue.values and KeyValueList.values: both are field 1, a message. */
const VALUES = 0x0a

/** Of an element that is null, in bytes; no other is shorter. */
const NULL_LENGTH = 2

// This form, on the key of a for-in loop, is one that V8 compiles to nothing; Object.hasOwn is a call.
// oxlint-disable-next-line typescript/unbound-method -- only ever called with `call`
const { hasOwnProperty } = Object.prototype

/**
 * Every own enumerable attribute as a KeyValue behind `tag`. Dictionaries are kept out of the for-in loop: once it has met
 * one, V8 looks every attribute of every later span up by its name, and ten attributes take a tenth longer.
 */
export function writeAttributes(writer: ProtobufWriter, tag: number, attributes: AnyAttributes): void {
  const keys = Object.keys(attributes)
  if (keys.length <= MOST_FIELDS) return writeFields(writer, tag, attributes)
  for (const key of keys) writeKeyValue(writer, tag, key, attributes[key], 0)
}

function writeFields(writer: ProtobufWriter, tag: number, attributes: AnyAttributes): void {
  for (const key in attributes) {
    if (hasOwnProperty.call(attributes, key)) writeKeyValue(writer, tag, key, attributes[key], 0)
  }
}

function writeKeyValue(writer: ProtobufWriter, tag: number, key: string, value: unknown, depth: number): void {
  const encoded = writer.keys.find(key)
  if (encoded === undefined) return writeNewKeyValue(writer, tag, key, value, depth)
  if (typeof value === 'string') {
    if (value.length > SHORT_TEXT || encoded.length > SHORT_KEY) writeText(writer, tag, encoded, value)
    else if (!writeShortText(writer, tag, encoded, value)) writeText(writer, tag, encoded, value)
    return
  }
  const from = writer.open(tag, encoded.length > SHORT_KEY ? 2 : 1)
  writer.key(encoded)
  writer.pos++
  const valueFrom = writer.pos
  writeAnyValue(writer, value, depth)
  writer.close(valueFrom, 1)
  writer.close(from, encoded.length > SHORT_KEY ? 2 : 1)
}

/** With a key that is not remembered, in the way that does for any. */
function writeNewKeyValue(writer: ProtobufWriter, tag: number, key: string, value: unknown, depth: number): void {
  const from = writer.open(tag, key.length > SHORT_KEY ? 2 : 1)
  writer.text(KEY, key)
  const valueFrom = writer.open(VALUE, 1)
  writeAnyValue(writer, value, depth)
  writer.close(valueFrom, 1)
  writer.close(from, key.length > SHORT_KEY ? 2 : 1)
}

/** The most frequent kind of attribute, with all lengths in one byte; false, and nothing written, when it is not ASCII. */
function writeShortText(writer: ProtobufWriter, tag: number, key: EncodedKey, value: string): boolean {
  const { length } = value
  writer.reserve(SHORT_KEY + SHORT_TEXT + 16)
  const { bytes, pos } = writer
  bytes[pos] = tag
  writer.pos = pos + 2
  writer.key(key)
  const at = writer.pos
  const end = writer.ascii(value, at + 3)
  if (end < 0) {
    writer.pos = pos
    return false
  }
  bytes[pos + 1] = end - pos - 2
  bytes[at] = length + 2
  bytes[at + 1] = STRING_VALUE
  bytes[at + 2] = length
  writer.pos = end
  return true
}

/** Any string: it is measured first, so that no length has to be made room for afterwards. */
function writeText(writer: ProtobufWriter, tag: number, key: EncodedKey, value: string): void {
  const size = writer.utf8Length(value)
  const valueLength = 1 + varintLength(size) + size
  writer.reserve(key.length + valueLength + 24)
  writer.bytes[writer.pos++] = tag
  writer.putVarint(key.length + varintLength(valueLength) + valueLength)
  writer.key(key)
  writer.putVarint(valueLength)
  writer.bytes[writer.pos++] = STRING_VALUE
  writer.putVarint(size)
  writer.utf8(value)
}

/** The content of an AnyValue; nothing for what OTLP has no kind for, which receivers read as null. */
function writeAnyValue(writer: ProtobufWriter, value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      writer.text(STRING_VALUE, value)
      break
    case 'number':
      if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) writeInteger(writer, value)
      else writer.double(DOUBLE_VALUE, value)
      break
    case 'boolean':
      writer.reserve(2)
      writer.bytes[writer.pos++] = BOOL_VALUE
      writer.bytes[writer.pos++] = value ? 1 : 0
      break
    case 'bigint':
      writeBigInt(writer, value)
      break
    case 'object':
      if (value !== null) writeObject(writer, value, depth + 1)
      break
    default:
  }
}

function writeBigInt(writer: ProtobufWriter, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) return writer.text(STRING_VALUE, value.toString())
  writer.reserve(11)
  writer.bytes[writer.pos++] = 0x18
  writer.putVarint64(Number(BigInt.asUintN(32, value)), Number(BigInt.asIntN(32, value >> 32n)))
}

function writeObject(writer: ProtobufWriter, value: object, depth: number): void {
  if (depth > MAX_DEPTH || (depth > 1 && --writer.nestedLeft < 0)) throw new NestingLimitError()
  if (isBytes(value)) {
    writer.bytesField(BYTES_VALUE, value, lengthOfBytes(value))
    return
  }
  const isArray = Array.isArray(value)
  const from = writer.open(isArray ? ARRAY_VALUE : KVLIST_VALUE, 1)
  if (isArray) writeElements(writer, value, depth)
  else writeEntries(writer, value as AnyAttributes, depth)
  writer.close(from, 1)
}

function writeElements(writer: ProtobufWriter, values: readonly unknown[], depth: number): void {
  // What cannot fit is refused before it is read: a sparse array may have four thousand million elements.
  writer.reserve(NULL_LENGTH * values.length)
  // The length is read again every time: an element that is read may change it.
  for (let i = 0; i < values.length; i++) {
    const from = writer.open(VALUES, 1)
    writeAnyValue(writer, values[i], depth)
    writer.close(from, 1)
  }
}

function writeEntries(writer: ProtobufWriter, entries: AnyAttributes, depth: number): void {
  for (const key of Object.keys(entries)) {
    if (depth > 1 && --writer.nestedLeft < 0) throw new NestingLimitError()
    writeKeyValue(writer, VALUES, key, entries[key], depth)
  }
}

/** AnyValue.int_value, int64. */
const INT_VALUE = 0x18
const TWO_32 = 2 ** 32

/** An integer of the range of int64 as AnyValue.int_value. Beyond 2^53 a number is still an exact integer, if not the one that was meant. */
export function writeInteger(writer: ProtobufWriter, value: number): void {
  writer.reserve(11)
  writer.bytes[writer.pos++] = INT_VALUE
  if (value >= 0 && value < TWO_32) {
    writer.putVarint(value)
  } else {
    const high = Math.floor(value / TWO_32)
    writer.putVarint64(value - high * TWO_32, high)
  }
}
