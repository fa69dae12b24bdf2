// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, ReadableSpan, SpanResource } from '../readable-span.js'
import type { BufferPool } from './buffer-pool.js'
import type { ByteWriter } from './byte-writer.js'

/**
 * One encoding of OTLP. Spans are written one after the other, whatever they belong to; only the request puts them below
 * their resource and scope. What writes may throw, and may leave anything behind the position that it found.
 */
export interface SpanFormat<Writer extends ByteWriter = ByteWriter> {
  readonly contentType: string
  createWriter(pool: BufferPool, limit: number): Writer
  writeSpan(writer: Writer, span: ReadableSpan): void
  /** What a request says once about a resource, about a scope: the prefix of its list of spans. */
  writeResource(writer: Writer, resource: SpanResource): void
  writeScope(writer: Writer, scope: InstrumentationScope): void
  /** At most so many bytes more than prefixes and spans are in the request for each resource, each scope and once. */
  readonly framingBytes: number
  requestLength(parts: readonly ResourcePart[]): number
  /** `out` has the length of the request. */
  writeRequest(parts: readonly ResourcePart[], spans: Buffer, out: Buffer): void
}

/** Encoded resource and scope, the first the same object for all scopes of a resource. */
export interface GroupPrefixes {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
}

/** What a request holds of one resource. */
export interface ResourcePart {
  readonly prefix: Uint8Array
  readonly scopes: ScopePart[]
}

/** What a request holds of one scope: the spans between pairs of positions in the buffer of spans. */
export interface ScopePart {
  readonly prefix: Uint8Array
  /** From, to, from, to, … in the order in which the spans ended. */
  readonly ranges: number[]
  spanBytes: number
}

/** Sorts the spans `from` to `to` by resource and scope; those that lie side by side become one range. */
export function requestParts(
  groups: readonly GroupPrefixes[],
  groupOf: readonly number[],
  ends: readonly number[],
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
