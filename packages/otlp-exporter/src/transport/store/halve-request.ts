// SPDX-License-Identifier: Apache-2.0

/** A request with some of the spans of another one. */
export interface RequestPart {
  readonly bytes: Uint8Array
  readonly spanCount: number
}

/**
 * Divides a request between its spans, in their order. The encoder's own record of where spans end is gone by the time a stored
 * request turns out to be too large, so the request itself is read. Throws if it is not OTLP.
 */
export function halveRequest(bytes: Uint8Array, contentType: string): RequestPart[] {
  return contentType === 'application/json' ? halveJson(bytes) : halveProtobuf(bytes)
}

interface JsonScope {
  spans?: unknown[]
}
interface JsonResource {
  scopeSpans?: JsonScope[]
}

function halveJson(bytes: Uint8Array): RequestPart[] {
  const request = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as {
    resourceSpans?: JsonResource[]
  }
  const resources = request.resourceSpans ?? []
  const total = resources.flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans = [] }) => spans)).length
  const half = (from: number, to: number): RequestPart => {
    let at = 0
    const resourceSpans = resources.flatMap((resource) => {
      const scopeSpans = (resource.scopeSpans ?? []).flatMap((scope) => {
        const { spans = [] } = scope
        const taken = spans.slice(Math.max(from - at, 0), Math.max(to - at, 0))
        at += spans.length
        return taken.length > 0 ? [{ ...scope, spans: taken }] : []
      })
      return scopeSpans.length > 0 ? [{ ...resource, scopeSpans }] : []
    })
    return { bytes: Buffer.from(JSON.stringify({ resourceSpans })), spanCount: to - from }
  }
  return [half(0, total >> 1), half(total >> 1, total)]
}

/** The number of `resource_spans`, `scope_spans` and `spans` in the message that contains them (opentelemetry.proto.trace.v1). */
const RESOURCE_SPANS = 1
const SCOPE_SPANS = 2
const SPANS = 2
const LENGTH_DELIMITED = 2

interface Field {
  readonly number: number
  readonly wireType: number
  /** Where its tag, its value and what follows it begin. */
  readonly start: number
  readonly value: number
  readonly end: number
}

function halveProtobuf(bytes: Uint8Array): RequestPart[] {
  const total = countSpans(bytes)
  const half = (from: number, to: number): RequestPart => {
    let at = 0
    const request = rebuild(bytes, 0, bytes.length, RESOURCE_SPANS, (resource) =>
      rebuild(bytes, resource.value, resource.end, SCOPE_SPANS, (scope) =>
        rebuild(bytes, scope.value, scope.end, SPANS, (span) => {
          const isTaken = at >= from && at < to
          at++
          return isTaken ? bytes.subarray(span.value, span.end) : undefined
        }),
      ),
    )
    return { bytes: request ?? new Uint8Array(), spanCount: to - from }
  }
  return [half(0, total >> 1), half(total >> 1, total)]
}

/**
 * A message in which each field of that number is replaced by what `take` returns, or left out. Undefined if none of them is
 * left; other fields are copied.
 */
function rebuild(
  bytes: Uint8Array,
  start: number,
  end: number,
  number: number,
  take: (field: Field) => Uint8Array | undefined,
): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  let isEmpty = true
  for (const field of fieldsOf(bytes, start, end)) {
    if (field.number !== number || field.wireType !== LENGTH_DELIMITED) {
      parts.push(bytes.subarray(field.start, field.end))
      continue
    }
    const taken = take(field)
    if (taken === undefined) continue
    isEmpty = false
    parts.push(varints((number << 3) | LENGTH_DELIMITED, taken.length), taken)
  }
  return isEmpty ? undefined : Buffer.concat(parts)
}

function countSpans(bytes: Uint8Array): number {
  let count = 0
  const each = (start: number, end: number, number: number, visit: (field: Field) => void): void => {
    for (const field of fieldsOf(bytes, start, end)) {
      if (field.number === number && field.wireType === LENGTH_DELIMITED) visit(field)
    }
  }
  each(0, bytes.length, RESOURCE_SPANS, (resource) =>
    each(resource.value, resource.end, SCOPE_SPANS, (scope) => each(scope.value, scope.end, SPANS, () => (count += 1))),
  )
  return count
}

function* fieldsOf(bytes: Uint8Array, from: number, end: number): Generator<Field> {
  let at = from
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new RangeError('the stored request is not protobuf')
  }
  while (at < end) {
    const start = at
    const tag = varint()
    const wireType = tag & 7
    let value = at
    if (wireType === LENGTH_DELIMITED) {
      const length = varint()
      value = at
      at += length
    } else if (wireType === 0) varint()
    else if (wireType === 1) at += 8
    else if (wireType === 5) at += 4
    else throw new RangeError('the stored request is not protobuf')
    if (at > end) throw new RangeError('the stored request is not protobuf')
    yield { number: tag >>> 3, wireType, start, value, end: at }
  }
}

function varints(...values: readonly number[]): Uint8Array {
  const bytes: number[] = []
  for (let value of values) {
    for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80)
    bytes.push(value)
  }
  return Uint8Array.from(bytes)
}
