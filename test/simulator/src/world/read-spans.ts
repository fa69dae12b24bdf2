// SPDX-License-Identifier: Apache-2.0
import { expectedName, expectedPad, indexOfId } from '../process/spans.js'

/*
 * Reads the spans of an OTLP request in protobuf, and checks that each is what was ended, to the last byte. Only what the
 * simulated application makes is understood; anything else is an error.
 */

/** The number of a field of the message that is being read. */
const RESOURCE_SPANS = 1
const SCOPE_SPANS = 2
const SPANS = 2
const SPAN_ID = 2
const NAME = 5
const ATTRIBUTES = 9

class Reader {
  readonly #bytes: Buffer
  pos: number
  readonly end: number

  constructor(bytes: Buffer, pos: number, end: number) {
    if (end > bytes.length) throw new Error('a message is longer than the request')
    this.#bytes = bytes
    this.pos = pos
    this.end = end
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.pos++]
      if (byte === undefined || this.pos > this.end) throw new Error('a number is cut off')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  /** The message that begins here. */
  message(): Reader {
    const length = this.varint()
    const start = this.pos
    this.pos += length
    if (this.pos > this.end) throw new Error('a message is cut off')
    return new Reader(this.#bytes, start, this.pos)
  }

  skip(wire: number): void {
    if (wire === 0) this.varint()
    else if (wire === 1) this.pos += 8
    else if (wire === 2) this.message()
    else if (wire === 5) this.pos += 4
    else throw new Error(`there is no wire type ${wire}`)
    if (this.pos > this.end) throw new Error('a field is cut off')
  }
}

/** The indexes of the spans in a request, in their order. Throws for anything that was not ended like this. */
export function readSpans(body: Buffer): number[] {
  const indexes: number[] = []
  eachField(new Reader(body, 0, body.length), RESOURCE_SPANS, (resource) =>
    eachField(resource, SCOPE_SPANS, (scope) => eachField(scope, SPANS, (span) => indexes.push(readSpan(span)))),
  )
  return indexes
}

function eachField(reader: Reader, wanted: number, read: (message: Reader) => void): void {
  while (reader.pos < reader.end) {
    const tag = reader.varint()
    if (tag === wanted * 8 + 2) read(reader.message())
    else reader.skip(tag % 8)
  }
}

function readSpan(reader: Reader): number {
  let index = -1
  let name = ''
  let padIsRight = false
  while (reader.pos < reader.end) {
    const tag = reader.varint()
    if (tag === SPAN_ID * 8 + 2) {
      const { bytes, pos } = reader.message()
      index = indexOfId(bytes, pos)
    } else if (tag === NAME * 8 + 2) {
      const { bytes, pos, end } = reader.message()
      name = bytes.toString('latin1', pos, end)
    } else if (tag === ATTRIBUTES * 8 + 2) {
      padIsRight = readPad(reader.message(), index)
    } else reader.skip(tag % 8)
  }
  if (name !== expectedName(index)) throw new Error(`span ${index} is named ${JSON.stringify(name.slice(0, 40))}`)
  if (!padIsRight) throw new Error(`span ${index} has another attribute than it had`)
  return index
}

/** A KeyValue with a text. */
function readPad(reader: Reader, index: number): boolean {
  let isRight = false
  eachField(reader, 2, (value) =>
    eachField(value, 1, ({ bytes, pos, end }) => {
      isRight = bytes.toString('latin1', pos, end) === expectedPad(index)
    }),
  )
  return isRight
}
