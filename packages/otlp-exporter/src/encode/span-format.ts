// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, ReadableSpan, SpanResource } from '../readable-span.js'
import type { BufferPool } from './buffer-pool.js'
import type { ByteWriter } from './byte-writer.js'

/**
 * One encoding of OTLP. Spans are written one after the other, whatever their resource and scope; they are sorted only when
 * the request is assembled. The `write` methods may throw, and may leave garbage after the position at which they started.
 *
 * The prefix of a resource or a scope is everything that a request contains about it before its list of spans.
 */
export interface SpanFormat<Writer extends ByteWriter = ByteWriter> {
  readonly contentType: string
  createWriter(pool: BufferPool, limit: number): Writer
  writeSpan(writer: Writer, span: ReadableSpan): void
  /** Writes the prefix of a resource. */
  writeResource(writer: Writer, resource: SpanResource): void
  /** Writes the prefix of a scope. */
  writeScope(writer: Writer, scope: InstrumentationScope): void
  /** At most this many bytes are added to prefixes and spans for each resource, for each scope, and once per request. */
  readonly framingBytes: number
  requestLength(parts: readonly ResourcePart[]): number
  /** How many bytes a request with a single resource and scope has behind its last span. */
  readonly tailBytes: number
  /** `out` must have the length of the request. It may lie around the spans, with each of them where the request has it. */
  writeRequest(parts: readonly ResourcePart[], spans: Buffer, out: Buffer): void
}

/** The encoded prefixes of a resource and a scope. All scopes of a resource share the same `resource` object. */
export interface GroupPrefixes {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
}

/** One resource in a request. */
export interface ResourcePart {
  readonly prefix: Uint8Array
  readonly scopes: ScopePart[]
}

/** One scope in a request. */
export interface ScopePart {
  readonly prefix: Uint8Array
  /** Positions in the buffer of the spans: from, to, from, to, … in the order in which the spans ended. */
  readonly ranges: number[]
  spanBytes: number
}

/** Sorts the spans `from` up to, but not including, `to` by resource and scope. Adjacent spans of a scope become one range. */
export function requestParts(
  groups: readonly GroupPrefixes[],
  groupOf: ArrayLike<number>,
  ends: ArrayLike<number>,
  from: number,
  to: number,
): ResourcePart[] {
  const resources = new Map<Uint8Array, ResourcePart>()
  const scopes: (ScopePart | undefined)[] = []
  let start = from === 0 ? 0 : ends[from - 1]!
  for (let i = from; i < to; i++) {
    const group = groupOf[i]!
    const end = ends[i]!
    const scope = (scopes[group] ??= addScope(resources, groups[group]!))
    const { ranges } = scope
    if (ranges.length > 0 && ranges[ranges.length - 1] === start) ranges[ranges.length - 1] = end
    else ranges.push(start, end)
    scope.spanBytes += end - start
    start = end
  }
  return [...resources.values()]
}

function addScope(resources: Map<Uint8Array, ResourcePart>, prefixes: GroupPrefixes): ScopePart {
  let resource = resources.get(prefixes.resource)
  if (resource === undefined) {
    resource = { prefix: prefixes.resource, scopes: [] }
    resources.set(prefixes.resource, resource)
  }
  const scope: ScopePart = { prefix: prefixes.scope, ranges: [], spanBytes: 0 }
  resource.scopes.push(scope)
  return scope
}

/** Copies a range of the spans to `at`, unless the request is assembled around them. Returns its size, in bytes. */
export function putSpans(spans: Buffer, from: number, to: number, out: Buffer, at: number): number {
  if (out.buffer === spans.buffer && out.byteOffset + at === spans.byteOffset + from) return to - from
  return spans.copy(out, at, from, to)
}
