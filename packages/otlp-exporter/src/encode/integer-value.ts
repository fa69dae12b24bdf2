// SPDX-License-Identifier: Apache-2.0
import type { ProtobufWriter } from './protobuf-writer.js'

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
