// SPDX-License-Identifier: Apache-2.0

/** What a 2xx answer says of spans that the backend did not take. */
export interface PartialSuccess {
  readonly rejectedSpans: number
  readonly message: string
}

const TOO_LONG = 300

/**
 * Reads an ExportTraceServiceResponse by hand: `partial_success` (1) with `rejected_spans` (1) and `error_message` (2).
 * Undefined when it says nothing, and when it is no such message: the status has already said that the spans were taken.
 */
export function decodePartialSuccess(body: Uint8Array, contentType: string): PartialSuccess | undefined {
  if (body.byteLength === 0) return undefined
  try {
    const partial = contentType.includes('json') ? fromJson(body) : fromProtobuf(body)
    return partial.rejectedSpans > 0 || partial.message !== '' ? partial : undefined
  } catch {
    return undefined
  }
}

function fromJson(body: Uint8Array): PartialSuccess {
  const { partialSuccess } = JSON.parse(textOf(body)) as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } }
  const { rejectedSpans, errorMessage } = partialSuccess ?? {}
  // 64-bit integers are strings in the JSON of protobuf; some backends send a number.
  return partialOf(Number(rejectedSpans ?? 0), typeof errorMessage === 'string' ? errorMessage : '')
}

function fromProtobuf(body: Uint8Array): PartialSuccess {
  let rejectedSpans = 0
  let message = ''
  for (const [field, value] of fieldsOf(body)) {
    if (field !== 1 || typeof value === 'number') continue
    for (const [inner, innerValue] of fieldsOf(value)) {
      if (inner === 1 && typeof innerValue === 'number') rejectedSpans = innerValue
      if (inner === 2 && typeof innerValue !== 'number') message = textOf(innerValue)
    }
  }
  return partialOf(rejectedSpans, message)
}

function partialOf(rejectedSpans: number, message: string): PartialSuccess {
  return {
    rejectedSpans: Number.isSafeInteger(rejectedSpans) && rejectedSpans > 0 ? rejectedSpans : 0,
    message: message.length > TOO_LONG ? `${message.slice(0, TOO_LONG)}…` : message,
  }
}

/** The varint and length-delimited fields of a message; throws when it is none. */
function* fieldsOf(bytes: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
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
  while (position < bytes.byteLength) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType === 0) yield [field, varint()]
    else if (wireType === 1) position += 8
    else if (wireType === 5) position += 4
    else if (wireType === 2) {
      const length = varint()
      if (position + length > bytes.byteLength) throw new RangeError('truncated')
      yield [field, bytes.subarray(position, position + length)]
      position += length
    } else throw new RangeError(`wire type ${wireType}`)
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
