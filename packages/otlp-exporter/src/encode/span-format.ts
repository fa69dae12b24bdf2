// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, ReadableSpan, SpanResource } from '../readable-span.js'
import type { BufferPool } from './buffer-pool.js'
import type { ByteWriter } from './byte-writer.js'
import type { ResourcePart } from './request-parts.js'

/**
 * One encoding of OTLP. Spans are written one after the other, whatever they belong to; only the request puts them below
 * their resource and scope. What writes may throw, and may leave anything behind the position that it found.
 */
export interface SpanFormat<Writer extends ByteWriter = ByteWriter> {
  readonly contentType: string
  createWriter(pool: BufferPool, limit: number): Writer
  writeSpan(writer: Writer, span: ReadableSpan): void
  /** What a request says once about a resource, about a scope: the head of its list of spans. */
  writeResource(writer: Writer, resource: SpanResource): void
  writeScope(writer: Writer, scope: InstrumentationScope): void
  /** At most so many bytes more than heads and spans are in the request for each resource, each scope and once. */
  readonly framingBytes: number
  requestLength(parts: readonly ResourcePart[]): number
  /** `out` has the length of the request. */
  writeRequest(parts: readonly ResourcePart[], spans: Buffer, out: Buffer): void
}
