// SPDX-License-Identifier: Apache-2.0
import { KeyCache } from '../key-cache.js'
import { putSpans, type ResourcePart, type ScopePart, type SpanFormat } from '../span-format.js'
import { encodeKey } from './encoded-key.js'
import { writeResource, writeScope, writeSpan } from './span.js'
import { ProtobufWriter, varintLength } from './writer.js'

/** ExportTraceServiceRequest.resource_spans. */
const RESOURCE_SPANS = 0x0a
/** ResourceSpans.scope_spans. */
const SCOPE_SPANS = 0x12

/** OTLP as binary protobuf. Each call has a key cache of its own. */
export function protobufFormat(): SpanFormat<ProtobufWriter> {
  const keys = new KeyCache(encodeKey)
  return {
    contentType: 'application/x-protobuf',
    // A tag of one byte and a length of at most five bytes.
    framingBytes: 6,
    createWriter: (pool, limit) => new ProtobufWriter(pool, limit, keys),
    writeSpan,
    writeResource,
    writeScope,
    requestLength,
    // Every length is in front of what it counts.
    tailBytes: 0,
    writeRequest,
  }
}

function requestLength(parts: readonly ResourcePart[]): number {
  let length = 0
  for (const part of parts) length += framed(resourceLength(part))
  return length
}

/** All lengths are known beforehand, so nothing has to be moved. */
function writeRequest(parts: readonly ResourcePart[], spans: Buffer, out: Buffer): void {
  let at = 0
  for (const resource of parts) {
    at = putFrame(out, at, RESOURCE_SPANS, resourceLength(resource))
    out.set(resource.prefix, at)
    at += resource.prefix.length
    for (const scope of resource.scopes) {
      at = putFrame(out, at, SCOPE_SPANS, scopeLength(scope))
      out.set(scope.prefix, at)
      at += scope.prefix.length
      const { ranges } = scope
      for (let i = 0; i < ranges.length; i += 2) at += putSpans(spans, ranges[i]!, ranges[i + 1]!, out, at)
    }
  }
}

function resourceLength({ prefix, scopes }: ResourcePart): number {
  let length = prefix.length
  for (const scope of scopes) length += framed(scopeLength(scope))
  return length
}

function scopeLength({ prefix, spanBytes }: ScopePart): number {
  return prefix.length + spanBytes
}

function framed(length: number): number {
  return 1 + varintLength(length) + length
}

function putFrame(out: Buffer, from: number, tag: number, length: number): number {
  let at = from
  out[at++] = tag
  let rest = length
  for (; rest > 0x7f; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80
  out[at++] = rest
  return at
}
