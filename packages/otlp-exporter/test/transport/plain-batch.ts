// SPDX-License-Identifier: Apache-2.0
import type { SendableBatch } from '../../src/transport/request/pending-request.js'

let nextSpan = 1

/** A batch of spans whose name has `nameLength` bytes, written from field numbers alone. */
export class PlainBatch implements SendableBatch {
  readonly spanCount: number
  readonly #spans: Buffer[]
  readonly assembled: [from: number, to: number][] = []
  readonly reclaimed: Uint8Array[] = []
  isReleased = false

  constructor(spanCount: number, nameLength = 10) {
    this.spanCount = spanCount
    this.#spans = Array.from({ length: spanCount }, () => span(nextSpan++, nameLength))
  }

  get byteLength(): number {
    return this.#request(0, this.spanCount).byteLength
  }

  assemble(from: number, to: number): ReturnType<SendableBatch['assemble']> {
    this.assembled.push([from, to])
    const bytes = this.#request(from, to)
    return { bytes, release: () => void this.reclaimed.push(bytes) }
  }

  release(): void {
    this.isReleased = true
  }

  #request(from: number, to: number): Buffer {
    const spans = this.#spans.slice(from, to).map((bytes) => block(2, bytes))
    return block(1, block(2, ...spans))
  }
}

function span(number: number, nameLength: number): Buffer {
  const digits = number.toString(16)
  return Buffer.concat([
    block(1, Buffer.from(`a${digits.padStart(31, '0')}`, 'hex')),
    block(2, Buffer.from(digits.padStart(16, '0'), 'hex')),
    block(5, Buffer.alloc(nameLength, 'n')),
  ])
}

/** A field of wire type 2. */
export function block(field: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content])
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}
