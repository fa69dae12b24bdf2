// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'
import type { InstrumentationScope, ReadableSpan, SpanResource } from '../readable-span.js'

const TRACE_ID = /^[\da-f]{32}$/i
const SPAN_ID = /^[\da-f]{16}$/i
/** What a link has whose context is none: the SDK records it, and receivers take it. */
export const NO_TRACE_ID: string = '0'.repeat(32)
export const NO_SPAN_ID: string = '0'.repeat(16)

/** OTLP: 16 bytes, not all of them zero. A receiver may refuse a whole request for one invalid id. */
export function isTraceId(id: unknown): id is string {
  return isLinkTraceId(id) && id !== NO_TRACE_ID
}

/** OTLP: 8 bytes, not all of them zero. */
export function isSpanId(id: unknown): id is string {
  return isLinkSpanId(id) && id !== NO_SPAN_ID
}

/** The same for a link, whose ids may be zero. */
export function isLinkTraceId(id: unknown): id is string {
  return typeof id === 'string' && TRACE_ID.test(id)
}

export function isLinkSpanId(id: unknown): id is string {
  return typeof id === 'string' && SPAN_ID.test(id)
}

/** Enums are int32 on the wire, and a JSON decoder refuses a request for more. One less, as kinds are counted from 1. */
const LARGEST = 2 ** 31 - 2

/** Stands for none where a number must: one more is OTLP's "unspecified". */
export const UNSPECIFIED_KIND = -1

/** As OTLP numbers it: from 1, with 0 for none. Throws for what is no kind; one that is not known yet is a kind. */
export function otlpKindOf({ kind }: ReadableSpan): number {
  if (kind === undefined || kind === null) return 0
  return isEnum(kind) || isNone(kind) ? kind + 1 : fail()
}

/** The API and OTLP number it alike. Throws for what is no code. */
export function statusCodeOf({ status }: ReadableSpan): number {
  return isEnum(status.code) ? status.code : fail()
}

/** Whether a number may stand in an enum of the API. */
export function isEnum(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST
}

function isNone(kind: number): boolean {
  return kind === UNSPECIFIED_KIND
}

function fail(): never {
  throw new RangeError('a kind or a status is none')
}

const TRACE_FLAGS = 0xff
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

/** The id of the parent where either line of the SDK has it; nothing for a root. */
export function parentIdOf(span: ReadableSpan): string | undefined {
  const parent = span.parentSpanContext
  return parent ? parent.spanId : span.parentSpanId
}

/** Says whether the parent is remote, unless the span is one of SDK 1.x with a parent: it knows only the parent's id. */
export function spanFlags(span: ReadableSpan, context: SpanContext): number {
  const flags = traceFlags(context)
  const parent = span.parentSpanContext
  if (parent) return flags | (parent.isRemote ? HAS_IS_REMOTE | IS_REMOTE : HAS_IS_REMOTE)
  return span.parentSpanId ? flags : flags | HAS_IS_REMOTE
}

export function linkFlags(context: SpanContext): number {
  return traceFlags(context) | (context.isRemote ? HAS_IS_REMOTE | IS_REMOTE : HAS_IS_REMOTE)
}

/** Never makes a number of something else: see ProtobufWriter.count. */
function traceFlags(context: SpanContext): number {
  const flags = context.traceFlags
  return typeof flags === 'number' ? flags & TRACE_FLAGS : 0
}

/** A scope as SDK 2.x and 3.x have it internally: the count is in no published type. */
export interface CountedScope extends InstrumentationScope, Counted {}

/** No SDK counts what it drops of a resource; we do. */
export interface CountedResource extends SpanResource, Counted {}

interface Counted {
  readonly droppedAttributesCount?: number | undefined
  /** Of a copy: whether it lacks anything. */
  readonly isTruncated?: boolean | undefined
}
