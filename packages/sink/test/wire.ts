// SPDX-License-Identifier: Apache-2.0
// Protobuf by hand, from field numbers only, so that the decoder is not checked against its own schema.

function varint(value: bigint | number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

/** A field of wire type 0. */
export function int(field: number, value: bigint | number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)])
}

/** A field of wire type 2: a message made of its fields, a string, or bytes. */
export function block(field: number, ...content: (Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)))
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes])
}

export function fixed64(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return Buffer.concat([varint((field << 3) | 1), bytes])
}

export function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varint((field << 3) | 1), bytes])
}

export function fixed32(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return Buffer.concat([varint((field << 3) | 5), bytes])
}

export function hex(field: number, digits: string): Buffer {
  return block(field, Buffer.from(digits, 'hex'))
}

/** KeyValue; the value is an AnyValue's fields. */
export function pair(field: number, key: string, ...value: Uint8Array[]): Buffer {
  return block(field, block(1, key), block(2, ...value))
}

/** A request with that many spans, numbered from `first`. */
export function requestWith(count: number, first = 1): Buffer {
  const spans = Array.from({ length: count }, (_, position) => spanNumbered(first + position))
  return block(1, block(2, ...spans.map((span) => block(2, span))))
}

export function spanNumbered(number: number): Buffer {
  const digits = number.toString(16)
  return Buffer.concat([
    hex(1, `a${digits.padStart(31, '0')}`),
    hex(2, digits.padStart(16, '0')),
    block(5, `span ${number}`),
    int(6, 2),
    fixed64(7, 1_700_000_000_000_000_001n),
    fixed64(8, 1_700_000_000_500_000_001n),
    pair(9, 'number', int(3, number)),
  ])
}
