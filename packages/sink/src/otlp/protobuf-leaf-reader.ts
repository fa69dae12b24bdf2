// SPDX-License-Identifier: Apache-2.0
// protobufjs has checked every type that this file asserts.
/* oxlint-disable typescript/no-unsafe-type-assertion */
import type { Fields, LeafReader } from './leaf-reader.js'
import { otlpSchema } from './otlp-schema.js'

interface Long {
  readonly low: number
  readonly high: number
}

interface Message extends Fields {
  /** Tag and content of every field that is not in the schema or has another wire type. */
  readonly $unknowns?: readonly Uint8Array[]
  readonly value?: string
}

/** Only converts values: protobufjs has checked types, ranges and UTF-8, and filled in the defaults. */
export const protobufLeafReader: LeafReader = {
  message(raw, type, unknownField) {
    const message = raw as Message
    if (message.$unknowns !== undefined) {
      for (const bytes of message.$unknowns) unknownField(type, `#${fieldNumber(bytes)}`)
    }
    return message
  },
  empty: (type) => emptyMessage(type),
  list: (raw) => raw as readonly unknown[],
  choice: (anyValue) => (anyValue as Message).value,
  text: (raw) => raw as string,
  id: (raw) => Buffer.from(raw as Uint8Array).toString('hex'),
  bool: (raw) => raw as boolean,
  int32: (raw) => raw as number,
  uint32: (raw) => raw as number,
  int64: (raw) => BigInt.asIntN(64, unsigned64(raw as Long)),
  fixed64: (raw) => unsigned64(raw as Long).toString(),
  double: (raw) => raw as number,
  bytes: (raw) => Uint8Array.from(raw as Uint8Array),
}

function emptyMessage(type: string): Message {
  const message: unknown = otlpSchema.lookupType(type).create()
  return message as Message
}

function unsigned64({ low, high }: Long): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

function fieldNumber(bytes: Uint8Array): number {
  let tag = 0
  for (let at = 0; at < 5; at++) {
    const byte = bytes[at] ?? 0
    tag += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) break
  }
  return Math.floor(tag / 8)
}
