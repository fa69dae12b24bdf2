// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs'
import { DecodeError, type DecodedRequest, wordsPerId } from './decoded-request.js'

/**
 * Counts the spans of a request and reads their ids. Skips everything else, which would be nearly all of the work. It still
 * checks the wire format down to the fields of each span, so a truncated or foreign body is refused and not counted.
 */
export function countSpans(body: Uint8Array): DecodedRequest {
  const ids = new IdList()
  try {
    const wire = protobuf.Reader.create(body)
    const request = wire.len
    while (wire.pos < request) {
      if (!entersMessage(wire, 1)) continue
      const resourceSpans = end(wire, request)
      while (wire.pos < resourceSpans) {
        if (!entersMessage(wire, 2)) continue
        const scopeSpans = end(wire, resourceSpans)
        while (wire.pos < scopeSpans) if (entersMessage(wire, 2)) ids.addSpan(wire, end(wire, scopeSpans))
        atEnd(wire, scopeSpans)
      }
      atEnd(wire, resourceSpans)
    }
    atEnd(wire, request)
  } catch (error) {
    if (error instanceof DecodeError) throw error
    throw new DecodeError(`not an OTLP trace request: ${String(error)}`)
  }
  return { count: ids.count, ids: ids.words(), spans: [], unknownFields: [] }
}

/** Reads one tag, and skips any field but the wanted one. */
function entersMessage(wire: protobuf.Reader, field: number): boolean {
  const tag = wire.tag()
  if (tag === ((field << 3) | 2)) return true
  wire.skipType(tag & 7, 0, tag >>> 3)
  return false
}

function end(wire: protobuf.Reader, outer: number): number {
  const size = wire.size()
  const inner = wire.pos + size
  if (inner > outer) throw new RangeError(`a message of ${size} bytes extends past the one around it`)
  return inner
}

function atEnd(wire: protobuf.Reader, expected: number): void {
  if (wire.pos !== expected) throw new RangeError('a field extends past its message')
}

class IdList {
  count = 0
  #words = new Uint32Array(512 * wordsPerId)

  addSpan(wire: protobuf.Reader, spanEnd: number): void {
    const base = this.count * wordsPerId
    if (base === this.#words.length) {
      const grown = new Uint32Array(2 * base)
      grown.set(this.#words)
      this.#words = grown
    }
    while (wire.pos < spanEnd) {
      const tag = wire.tag()
      if (tag === 10) this.#read(wire, base, 4, 'traceId')
      else if (tag === 18) this.#read(wire, base + 4, 2, 'spanId')
      else wire.skipType(tag & 7, 0, tag >>> 3)
    }
    atEnd(wire, spanEnd)
    const words = this.#words
    if (!words[base] && !words[base + 1] && !words[base + 2] && !words[base + 3])
      throw new DecodeError('Span.traceId is missing or all zeroes')
    if (!words[base + 4] && !words[base + 5]) throw new DecodeError('Span.spanId is missing or all zeroes')
    this.count++
  }

  words(): Uint32Array {
    return this.#words.slice(0, this.count * wordsPerId)
  }

  #read(wire: protobuf.Reader, at: number, count: number, name: string): void {
    const size = wire.size()
    if (size !== count * 4) throw new DecodeError(`Span.${name} has ${size} bytes, not ${count * 4}`)
    if (wire.pos + size > wire.len) throw new RangeError('index out of range')
    const { buf } = wire
    for (let word = 0; word < count; word++, wire.pos += 4) {
      const from = wire.pos
      this.#words[at + word] = ((buf[from]! << 24) | (buf[from + 1]! << 16) | (buf[from + 2]! << 8) | buf[from + 3]!) >>> 0
    }
  }
}
