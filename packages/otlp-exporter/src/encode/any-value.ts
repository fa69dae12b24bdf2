// SPDX-License-Identifier: Apache-2.0
import type { AnyAttributes } from '../readable-span.js'
import { writeInteger } from './integer-value.js'
import { isBytes, lengthOfBytes } from './byte-values.js'
import { MAX_DEPTH, TooDeepOrMany } from './nesting.js'
import { type ProtobufWriter, SHORT_TEXT } from './protobuf-writer.js'

const STRING_VALUE = 0x0a
const BOOL_VALUE = 0x10
const DOUBLE_VALUE = 0x21
const ARRAY_VALUE = 0x2a
const KVLIST_VALUE = 0x32
const BYTES_VALUE = 0x3a
/** ArrayValue.values and KeyValueList.values: both are field 1, a message. */
const VALUES = 0x0a

// This form, on the key of a for-in loop, is one that V8 compiles to nothing; Object.hasOwn is a call.
const { hasOwnProperty } = Object.prototype

/** Every own enumerable attribute as a KeyValue behind `tag`. */
export function writeAttributes(writer: ProtobufWriter, tag: number, attributes: AnyAttributes): void {
  for (const key in attributes) {
    if (hasOwnProperty.call(attributes, key)) writeKeyValue(writer, tag, key, attributes[key], 0)
  }
}

function writeKeyValue(writer: ProtobufWriter, tag: number, key: string, value: unknown, depth: number): void {
  const encoded = writer.keys.get(key)
  const { length, words } = encoded
  // The last word may reach three bytes past the key.
  writer.reserve(length + SHORT_TEXT + 16)
  const { bytes, view, pos } = writer
  bytes[pos] = tag
  const isShort = length < 64
  const content = pos + (isShort ? 2 : 3)
  for (let i = 0; i < words.length; i++) view.setInt32(content + 4 * i, words[i]!, true)
  const valueAt = content + length
  if (typeof value === 'string' && isShort && value.length <= SHORT_TEXT) {
    const end = writer.ascii(value, valueAt + 3)
    if (end >= 0) {
      bytes[pos + 1] = end - content
      bytes[valueAt] = value.length + 2
      bytes[valueAt + 1] = STRING_VALUE
      bytes[valueAt + 2] = value.length
      writer.pos = end
      return
    }
  }
  writer.pos = valueAt
  const lengthBytes = typeof value === 'string' && value.length > 100 ? 2 : 1
  writer.pos += lengthBytes
  writeAnyValue(writer, value, depth)
  writer.close(valueAt + lengthBytes, lengthBytes)
  writer.close(content, isShort ? 1 : 2)
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
  if (depth > MAX_DEPTH) throw new TooDeepOrMany()
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
  // The length is read again every time: an element that is read may change it.
  for (let i = 0; i < values.length; i++) {
    if (--writer.elementsLeft < 0) throw new TooDeepOrMany()
    const from = writer.open(VALUES, 1)
    writeAnyValue(writer, values[i], depth)
    writer.close(from, 1)
  }
}

function writeEntries(writer: ProtobufWriter, entries: AnyAttributes, depth: number): void {
  for (const key in entries) {
    if (!hasOwnProperty.call(entries, key)) continue
    if (--writer.elementsLeft < 0) throw new TooDeepOrMany()
    writeKeyValue(writer, VALUES, key, entries[key], depth)
  }
}
