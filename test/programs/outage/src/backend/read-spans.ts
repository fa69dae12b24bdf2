// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs'
import { INDEX_ATTRIBUTE } from '../application/server-spans.js'

const KEY = Buffer.from(INDEX_ATTRIBUTE)
const END_TIME_TAG = (8 << 3) | 1
const ATTRIBUTE_TAG = (9 << 3) | 2
const KEY_TAG = (1 << 3) | 2
const VALUE_TAG = (2 << 3) | 2
const INTEGER_TAG = 3 << 3

/** For one span: its number, and when it ended, in milliseconds of the time of day. */
export type OnSpan = (index: number, endedAt: number) => void

/** Reads what this program wants to know of the spans in an OTLP request, and nothing else: it has to keep up. */
export function readSpans(body: Uint8Array, onSpan: OnSpan): void {
  const wire = protobuf.Reader.create(body)
  while (wire.pos < wire.len) {
    if (!enters(wire, 1)) continue
    for (const resourceEnd = endOf(wire); wire.pos < resourceEnd;) {
      if (!enters(wire, 2)) continue
      for (const scopeEnd = endOf(wire); wire.pos < scopeEnd;) if (enters(wire, 2)) readSpan(wire, endOf(wire), onSpan)
    }
  }
}

function readSpan(wire: protobuf.Reader, spanEnd: number, onSpan: OnSpan): void {
  let index = -1
  let endedAt = NaN
  while (wire.pos < spanEnd) {
    const tag = wire.uint32()
    if (tag === ATTRIBUTE_TAG) {
      const attributeEnd = endOf(wire)
      if (isIndex(wire)) index = readInteger(wire)
      wire.pos = attributeEnd
    } else if (tag === END_TIME_TAG) {
      const { buf, pos } = wire
      const view = new DataView(buf.buffer, buf.byteOffset + pos, 8)
      endedAt = (view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true)) / 1e6
      wire.pos += 8
    } else wire.skipType(tag & 7)
  }
  if (index < 0 || Number.isNaN(endedAt)) throw new Error(`a span without ${INDEX_ATTRIBUTE} or without an end`)
  onSpan(index, endedAt)
}

function isIndex(wire: protobuf.Reader): boolean {
  if (wire.uint32() !== KEY_TAG) return false
  const size = wire.uint32()
  const { buf, pos } = wire
  wire.pos += size
  if (size !== KEY.length) return false
  for (let i = 0; i < size; i++) if (buf[pos + i] !== KEY[i]) return false
  return true
}

function readInteger(wire: protobuf.Reader): number {
  if (wire.uint32() !== VALUE_TAG) return -1
  endOf(wire)
  return wire.uint32() === INTEGER_TAG ? wire.uint32() : -1
}

/** Reads one tag, and skips any field but the wanted message. */
function enters(wire: protobuf.Reader, field: number): boolean {
  const tag = wire.uint32()
  if (tag === ((field << 3) | 2)) return true
  wire.skipType(tag & 7)
  return false
}

function endOf(wire: protobuf.Reader): number {
  const size = wire.uint32()
  return wire.pos + size
}
