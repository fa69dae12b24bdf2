// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from './decoded-request.js'
import type { LeafReader } from './leaf-reader.js'
import { otlpSchema } from './otlp-schema.js'

/**
 * Checks types and ranges, because JSON does not. Follows ProtoJSON (null means "not sent", numbers may be strings) with the
 * exceptions that OTLP makes: ids are hex, and enums are always numbers.
 */
export const jsonLeafReader: LeafReader = {
  message(raw, type, unknownField) {
    if (!isObject(raw)) throw wrong(raw, 'an object', type)
    const known = otlpSchema.lookupType(type).fields
    for (const name of Object.keys(raw)) if (!Object.hasOwn(known, name)) unknownField(type, name)
    return raw
  },
  empty: () => ({}),
  list(raw, where) {
    if (absent(raw)) return []
    if (!Array.isArray(raw)) throw wrong(raw, 'an array', where)
    return raw
  },
  choice(anyValue) {
    const known = otlpSchema.lookupType('AnyValue').fields
    const set = Object.keys(anyValue).filter((name) => Object.hasOwn(known, name) && !absent(anyValue[name]))
    if (set.length > 1) throw new DecodeError(`AnyValue has ${set.join(' and ')}; only one may be set`)
    return set[0]
  },
  text(raw, where) {
    if (absent(raw)) return ''
    if (typeof raw !== 'string') throw wrong(raw, 'a string', where)
    return raw
  },
  id(raw, where) {
    if (absent(raw)) return ''
    if (typeof raw !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(raw)) throw wrong(raw, 'hex', where)
    return raw.toLowerCase()
  },
  bool(raw, where) {
    if (typeof raw !== 'boolean') throw wrong(raw, 'a boolean', where)
    return raw
  },
  int32: (raw, where) => Number(integer(raw, where, -(2n ** 31n), 2n ** 31n)),
  uint32: (raw, where) => Number(integer(raw, where, 0n, 2n ** 32n)),
  int64: (raw, where) => integer(raw, where, -(2n ** 63n), 2n ** 63n),
  fixed64: (raw, where) => integer(raw, where, 0n, 2n ** 64n).toString(),
  double(raw, where) {
    if (typeof raw === 'number') return raw
    if (typeof raw !== 'string' || !/^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.test(raw))
      throw wrong(raw, 'a number', where)
    return Number(raw)
  },
  bytes(raw, where) {
    if (typeof raw !== 'string' || !/^[\w+/-]*={0,2}$/.test(raw)) throw wrong(raw, 'base64', where)
    return Uint8Array.from(Buffer.from(raw, 'base64'))
  },
}

function absent(raw: unknown): raw is null | undefined {
  return raw === undefined || raw === null
}

function isObject(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
}

function integer(raw: unknown, where: string, from: bigint, below: bigint): bigint {
  if (absent(raw)) return 0n
  if (!isExact(raw)) throw wrong(raw, 'an integer', where)
  const value = BigInt(raw)
  if (value < from || value >= below) throw wrong(raw, `an integer from ${from} to ${below - 1n}`, where)
  return value
}

function isExact(raw: unknown): raw is number | string {
  return typeof raw === 'string' ? /^-?\d{1,20}$/.test(raw) : Number.isSafeInteger(raw)
}

function wrong(raw: unknown, expected: string, where: string): DecodeError {
  const found = raw === undefined ? 'nothing' : JSON.stringify(raw).slice(0, 80)
  return new DecodeError(`${where} is ${found}, not ${expected}`)
}
