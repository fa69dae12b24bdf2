// SPDX-License-Identifier: Apache-2.0
import type { AnyAttributes } from '../../readable-span.js'
import { isBytes, lengthOfBytes, MAX_DEPTH, NestingLimitError } from '../attribute-values.js'
import type { JsonWriter } from './writer.js'

/** The length of a null element, and the shortest length of any other, in characters including the comma. */
const NULL_LENGTH = '{},'.length
const VALUE_LENGTH = '{"intValue":""},'.length

/** `,"attributes":[…]`, or nothing without attributes. */
export function attributesText(writer: JsonWriter, attributes: AnyAttributes | undefined): string {
  if (!attributes) return ''
  let text = ''
  for (const key of Object.keys(attributes)) {
    text += (text === '' ? ',"attributes":[' : ',') + writer.key(key) + valueText(writer, attributes[key], 0) + '}'
  }
  return text === '' ? '' : text + ']'
}

/** An AnyValue. Types that OTLP does not have become `{}`, which receivers read as null. */
function valueText(writer: JsonWriter, value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${writer.quote(value)}}`
    case 'number':
      return numberText(value)
    case 'boolean':
      return value ? '{"boolValue":true}' : '{"boolValue":false}'
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? `{"intValue":"${value}"}` : `{"stringValue":"${value}"}`
    case 'object':
      return value === null ? '{}' : objectText(writer, value, depth + 1)
    default:
      return '{}'
  }
}

function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`
  // String() would round the digits beyond 2^53.
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) return `{"intValue":"${BigInt(value)}"}`
  return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`
}

function objectText(writer: JsonWriter, value: object, depth: number): string {
  if (depth > MAX_DEPTH || (depth > 1 && --writer.nestedLeft < 0)) throw new NestingLimitError()
  if (isBytes(value)) return bytesText(writer, value)
  return Array.isArray(value) ? arrayText(writer, value, depth) : mapText(writer, value as AnyAttributes, depth)
}

function bytesText(writer: JsonWriter, value: Uint8Array): string {
  const length = lengthOfBytes(value)
  writer.spend(Math.ceil((length * 4) / 3))
  return `{"bytesValue":"${Buffer.from(value.buffer, value.byteOffset, length).toString('base64')}"}`
}

function arrayText(writer: JsonWriter, values: readonly unknown[], depth: number): string {
  let text = ''
  // Refuses an array that cannot fit before reading it: a sparse array may have four billion elements.
  writer.spend(NULL_LENGTH * values.length)
  // Reads the length every time, because a getter of an element may change it.
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value !== undefined && value !== null) writer.spend(VALUE_LENGTH - NULL_LENGTH)
    text += (text === '' ? '' : ',') + valueText(writer, value, depth)
  }
  return `{"arrayValue":{"values":[${text}]}}`
}

function mapText(writer: JsonWriter, entries: AnyAttributes, depth: number): string {
  let text = ''
  for (const key of Object.keys(entries)) {
    if (depth > 1 && --writer.nestedLeft < 0) throw new NestingLimitError()
    text += (text === '' ? '' : ',') + writer.key(key) + valueText(writer, entries[key], depth) + '}'
  }
  return `{"kvlistValue":{"values":[${text}]}}`
}
