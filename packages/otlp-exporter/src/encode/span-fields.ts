// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'
import type { InstrumentationScope, ReadableSpan, SpanResource } from '../readable-span.js'

const TRACE_ID = /^[\da-f]{32}$/i
const SPAN_ID = /^[\da-f]{16}$/i
/** The ids of a link without a context. The SDK records such links, and receivers accept them. */
export const NO_TRACE_ID: string = '0'.repeat(32)
export const NO_SPAN_ID: string = '0'.repeat(16)

/** In OTLP a trace id has 16 bytes, not all zero. A receiver may refuse a whole request because of one invalid id. */
export function isTraceId(id: unknown): id is string {
  return isLinkTraceId(id) && id !== NO_TRACE_ID
}

/** In OTLP a span id has 8 bytes, not all zero. */
export function isSpanId(id: unknown): id is string {
  return isLinkSpanId(id) && id !== NO_SPAN_ID
}

/** Like {@link isTraceId}, but the id of a link may be all zeros. */
export function isLinkTraceId(id: unknown): id is string {
  return typeof id === 'string' && TRACE_ID.test(id)
}

/** Like {@link isSpanId}, but the id of a link may be all zeros. */
export function isLinkSpanId(id: unknown): id is string {
  return typeof id === 'string' && SPAN_ID.test(id)
}

/** The id of the parent, in whichever field the SDK line has it. Empty or undefined for a root span. */
export function parentIdOf(span: ReadableSpan): string | undefined {
  const parent = span.parentSpanContext
  return parent ? parent.spanId : span.parentSpanId
}

/** OTLP's enums are int32, and JSON decoders refuse larger values. Minus one, because OTLP's kinds are one higher. */
const LARGEST_ENUM = 2 ** 31 - 2

/** What OTLP calls an unspecified kind, in the numbering of the API. */
export const UNSPECIFIED_KIND = -1

/**
 * The kind as OTLP numbers it: from 1, with 0 for unspecified. Kinds that are not defined yet are passed on. Throws a
 * RangeError for anything that cannot be a kind.
 */
export function otlpKindOf({ kind }: ReadableSpan): number {
  if (kind === undefined || kind === null) return 0
  return isEnum(kind) || isUnspecified(kind) ? kind + 1 : throwInvalidEnum()
}

/** The status code, which the API and OTLP number alike. Throws a RangeError for anything that cannot be one. */
export function statusCodeOf({ status }: ReadableSpan): number {
  return isEnum(status.code) ? status.code : throwInvalidEnum()
}

/** Whether a number can be a value of an enum of the API. */
export function isEnum(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_ENUM
}

function isUnspecified(kind: number): boolean {
  return kind === UNSPECIFIED_KIND
}

function throwInvalidEnum(): never {
  throw new RangeError('invalid span kind or status code')
}

const TRACE_FLAGS = 0xff
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

/**
 * The flags say whether the parent is remote. They cannot say so for a span of SDK 1.x that has a parent, because only the id
 * of its parent is known.
 */
export function spanFlags(span: ReadableSpan, context: SpanContext): number {
  const flags = traceFlags(context)
  const parent = span.parentSpanContext
  if (parent) return flags | (parent.isRemote ? HAS_IS_REMOTE | IS_REMOTE : HAS_IS_REMOTE)
  return span.parentSpanId ? flags : flags | HAS_IS_REMOTE
}

export function linkFlags(context: SpanContext): number {
  return traceFlags(context) | (context.isRemote ? HAS_IS_REMOTE | IS_REMOTE : HAS_IS_REMOTE)
}

/** Never converts an object to a number; see ProtobufWriter.count. */
function traceFlags(context: SpanContext): number {
  const flags = context.traceFlags
  return typeof flags === 'number' ? flags & TRACE_FLAGS : 0
}

/** A scope as SDK 2.x and 3.x represent it internally. No published type has the dropped count. */
export interface CountedScope extends InstrumentationScope, Counted {}

/** No SDK counts the attributes that it drops from a resource, but the sanitizer does. */
export interface CountedResource extends SpanResource, Counted {}

interface Counted {
  readonly droppedAttributesCount?: number | undefined
  /** Only in a sanitized copy: whether it lacks anything that the original had. */
  readonly isTruncated?: boolean | undefined
}
