// SPDX-License-Identifier: Apache-2.0
import type { AnyAttributes } from '../../readable-span.js'
import { isBytes, lengthOfBytes, MAX_DEPTH, NestingLimitError } from '../attribute-values.js'
import { type EncodedKey, KEY, VALUE } from './encoded-key.js'
import { type ProtobufWriter, SHORT_TEXT, varintLength } from './writer.js'

/** The longest short key, encoded, in bytes. With a short text it stays below 128 bytes, so that every length is one byte. */
const SHORT_KEY = 72
/** V8 turns an object into a dictionary when more properties than this are added by key, which is how the SDK adds them. */
const MOST_FIELDS = 19

// Tags of AnyValue.
const STRING_VALUE = 0x0a
const BOOL_VALUE = 0x10
const INT_VALUE = 0x18
const DOUBLE_VALUE = 0x21
const ARRAY_VALUE = 0x2a
const KVLIST_VALUE = 0x32
const BYTES_VALUE = 0x3a
/** ArrayValue.values and KeyValueList.values: field 1 of both, a message. */
const VALUES = 0x0a

/** The size of a null element, in bytes. No element is shorter. */
const NULL_LENGTH = 2
const TWO_32 = 2 ** 32

// V8 optimises this check away for the key of a for-in loop. Object.hasOwn would be a call.
// oxlint-disable-next-line typescript/unbound-method -- only ever called with `call`
const { hasOwnProperty } = Object.prototype

/**
 * Writes every own enumerable attribute as a KeyValue with the tag `tag`. The for-in loop must never see a dictionary: after
 * the first one, V8 looks up every attribute of every later span by name, and ten attributes take a tenth longer.
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

/** The general case, for a key that is not in the cache. */
function writeNewKeyValue(writer: ProtobufWriter, tag: number, key: string, value: unknown, depth: number): void {
  const from = writer.open(tag, key.length > SHORT_KEY ? 2 : 1)
  writer.text(KEY, key)
  const valueFrom = writer.open(VALUE, 1)
  writeAnyValue(writer, value, depth)
  writer.close(valueFrom, 1)
  writer.close(from, key.length > SHORT_KEY ? 2 : 1)
}

/** The most frequent kind of attribute: every length is one byte. Returns false and writes nothing if `value` is not ASCII. */
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

/** Writes any string. Measures it first, so that no bytes have to be moved to make space for a length. */
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

/** Writes the content of an AnyValue. Writes nothing for types that OTLP does not have, which receivers read as null. */
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

/** Writes an integer in the range of int64. Beyond 2^53 a number is still an integer, but may have been rounded before. */
function writeInteger(writer: ProtobufWriter, value: number): void {
  writer.reserve(11)
  writer.bytes[writer.pos++] = INT_VALUE
  if (value >= 0 && value < TWO_32) {
    writer.putVarint(value)
  } else {
    const high = Math.floor(value / TWO_32)
    writer.putVarint64(value - high * TWO_32, high)
  }
}

function writeBigInt(writer: ProtobufWriter, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) return writer.text(STRING_VALUE, value.toString())
  writer.reserve(11)
  writer.bytes[writer.pos++] = INT_VALUE
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
  // Refuses an array that cannot fit before reading it: a sparse array may have four billion elements.
  writer.reserve(NULL_LENGTH * values.length)
  // Reads the length every time, because a getter of an element may change it.
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
