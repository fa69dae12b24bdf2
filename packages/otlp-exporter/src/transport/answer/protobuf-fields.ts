// SPDX-License-Identifier: Apache-2.0

/** Yields the varint and length-delimited fields of a message. Throws a RangeError for bytes that are not a message. */
export function* fieldsOf(bytes: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
  let position = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = bytes[position++]
      if (byte === undefined) throw new RangeError('truncated')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new RangeError('varint too long')
  }
  const skip = (length: number): void => {
    if (position + length > bytes.byteLength) throw new RangeError('truncated')
    position += length
  }
  while (position < bytes.byteLength) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    const wireType = tag % 8
    if (field === 0) throw new RangeError('field 0')
    if (wireType === 0) yield [field, varint()]
    else if (wireType === 1) skip(8)
    else if (wireType === 5) skip(4)
    else if (wireType === 2) {
      const length = varint()
      const from = position
      skip(length)
      yield [field, bytes.subarray(from, position)]
    } else throw new RangeError(`wire type ${wireType}`)
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** Whether a body that was decoded as text may be text. An OTLP message is not: its tags and lengths are control characters. */
export function isText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are the point
  return !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/.test(text)
}
