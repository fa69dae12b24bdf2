// SPDX-License-Identifier: Apache-2.0
import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { InstrumentationScope, ReadableSpan, SpanEvent, SpanLink, SpanResource } from '../../readable-span.js'
import type { CountedResource, CountedScope } from '../span-fields.js'
import {
  isEnum,
  isLinkSpanId,
  isLinkTraceId,
  isSpanId,
  isTraceId,
  UNSPECIFIED_KIND,
  NO_SPAN_ID,
  NO_TRACE_ID,
  parentIdOf,
} from '../span-fields.js'
import { ValueSanitizer } from './values.js'

const MAX_UINT32 = 2 ** 32 - 1
const TWO_64 = 2n ** 64n
/** The last second that fixed64 nanoseconds can represent, and that only in part. */
const LAST_SECOND = 18_446_744_073
const NO_RESOURCE: SpanResource = { attributes: {} }
const NO_SCOPE: InstrumentationScope = { name: '' }

export interface SanitizedSpan {
  readonly span: ReadableSpan
  /** Whether the copy lacks anything that the span had. Its dropped counts include lost attributes, events and links. */
  readonly isTruncated: boolean
}

/**
 * Copies a span on which the encoder has failed. Reads each part once and separately, and leaves out or replaces a part that
 * throws or is invalid. Slow and rarely needed. Throws a TypeError for invalid ids: because of such a span, receivers would
 * refuse the whole request, with all other spans in it.
 */
export function sanitizeSpan(span: ReadableSpan): SanitizedSpan {
  const sanitizer = new ValueSanitizer()
  const context = sanitizeContext(span.spanContext(), sanitizer)
  const parent = sanitizer.tryRead(() => span.parentSpanContext)
  const parentId = sanitizer.tryRead(() => parentIdOf(span))
  const hasParent = isSpanId(parentId)
  if (!hasParent && parentId) sanitizer.noteLoss()
  const isRemote = sanitizer.tryRead(() => parent?.isRemote) === true
  const { attributes, dropped } = sanitizer.attributes(() => span.attributes)
  const links = sanitizeList(sanitizer, () => span.links, sanitizeLink)
  const events = sanitizeList(sanitizer, () => span.events, sanitizeEvent)
  const copy: ReadableSpan = {
    name: sanitizer.text(sanitizer.tryRead(() => span.name)),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the API has no unspecified kind
    kind: sanitizeEnum(sanitizer, UNSPECIFIED_KIND, () => span.kind ?? UNSPECIFIED_KIND),
    spanContext: () => context,
    parentSpanContext: parent && hasParent ? { ...context, spanId: parentId, isRemote } : undefined,
    parentSpanId: hasParent ? parentId : undefined,
    startTime: sanitizeTime(sanitizer, () => span.startTime),
    endTime: sanitizeTime(sanitizer, () => span.endTime),
    status: {
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a code that is not defined yet is passed on
      code: sanitizeEnum(sanitizer, 0, () => span.status.code),
      message: sanitizer.text(sanitizer.tryRead(() => span.status.message)),
    },
    attributes,
    links: links.kept,
    events: events.kept,
    resource: objectOr(sanitizer, NO_RESOURCE, () => span.resource),
    instrumentationScope: objectOr(sanitizer, NO_SCOPE, () => span.instrumentationScope ?? span.instrumentationLibrary),
    droppedAttributesCount: sanitizeCount(sanitizer, () => span.droppedAttributesCount, dropped),
    droppedEventsCount: sanitizeCount(sanitizer, () => span.droppedEventsCount, events.dropped),
    droppedLinksCount: sanitizeCount(sanitizer, () => span.droppedLinksCount, links.dropped),
  }
  return { span: copy, isTruncated: sanitizer.isTruncated }
}

function sanitizeContext(context: SpanContext, sanitizer: ValueSanitizer): SpanContext {
  const { traceId, spanId } = context
  if (!isTraceId(traceId)) throw new TypeError('invalid trace id')
  if (!isSpanId(spanId)) throw new TypeError('invalid span id')
  return contextOf(context, traceId, spanId, sanitizer)
}

/** A link may have no context: see {@link NO_TRACE_ID}. */
function sanitizeLinkContext(context: SpanContext, sanitizer: ValueSanitizer): SpanContext {
  const traceId = context.traceId === '' ? NO_TRACE_ID : context.traceId
  const spanId = context.spanId === '' ? NO_SPAN_ID : context.spanId
  if (!isLinkTraceId(traceId) || !isLinkSpanId(spanId)) throw new TypeError('invalid id in a link')
  return contextOf(context, traceId, spanId, sanitizer)
}

function contextOf(context: SpanContext, traceId: string, spanId: string, sanitizer: ValueSanitizer): SpanContext {
  const traceState = sanitizer.text(sanitizer.tryRead(() => context.traceState?.serialize()))
  return {
    traceId,
    spanId,
    traceFlags: sanitizeCount(sanitizer, () => context.traceFlags),
    isRemote: sanitizer.tryRead(() => context.isRemote) === true,
    traceState: { serialize: () => traceState, get: () => undefined, set: self, unset: self },
  }
}

function sanitizeLink(link: SpanLink, sanitizer: ValueSanitizer): SpanLink {
  const context = sanitizeLinkContext(link.context, sanitizer)
  const { attributes, dropped } = sanitizer.attributes(() => link.attributes)
  return { context, attributes, droppedAttributesCount: sanitizeCount(sanitizer, () => link.droppedAttributesCount, dropped) }
}

function sanitizeEvent(event: SpanEvent, sanitizer: ValueSanitizer): SpanEvent {
  const { attributes, dropped } = sanitizer.attributes(() => event.attributes)
  return {
    time: sanitizeTime(sanitizer, () => event.time),
    name: sanitizer.text(sanitizer.tryRead(() => event.name)),
    attributes,
    droppedAttributesCount: sanitizeCount(sanitizer, () => event.droppedAttributesCount, dropped),
  }
}

function sanitizeEnum(sanitizer: ValueSanitizer, unspecified: number, read: () => unknown): number {
  const value = sanitizer.tryRead(read)
  if (isEnum(value)) return value
  if (value !== unspecified) sanitizer.noteLoss()
  return unspecified
}

/** Returns zero (1970) for an invalid time, or for one that exceeds fixed64, which ends in the year 2554. */
function sanitizeTime(sanitizer: ValueSanitizer, read: () => HrTime): HrTime {
  const seconds = sanitizeTimePart(sanitizer, LAST_SECOND, () => read()[0])
  const nanos = sanitizeTimePart(sanitizer, MAX_UINT32, () => read()[1])
  if (seconds === undefined) return [0, 0]
  if (nanos === undefined) return [seconds, 0]
  if (BigInt(seconds) * 1_000_000_000n + BigInt(nanos) < TWO_64) return [seconds, nanos]
  sanitizer.noteLoss()
  return [0, 0]
}

function sanitizeTimePart(sanitizer: ValueSanitizer, most: number, read: () => unknown): number | undefined {
  const part = sanitizer.tryRead(read)
  if (typeof part === 'number' && part >= 0 && part <= most) return Math.trunc(part)
  sanitizer.noteLoss()
  return undefined
}

/** The count plus `dropped`. An invalid count is taken as 0. */
function sanitizeCount(sanitizer: ValueSanitizer, read: () => unknown, dropped = 0): number {
  const count = sanitizer.tryRead(read)
  return Math.min((typeof count === 'number' && count > 0 ? Math.trunc(count) : 0) + dropped, MAX_UINT32)
}

function sanitizeList<T extends object>(
  sanitizer: ValueSanitizer,
  read: () => readonly T[],
  sanitize: (item: T, sanitizer: ValueSanitizer) => T,
): { kept: T[]; dropped: number } {
  const list = sanitizer.tryRead(read)
  const length = sanitizeCount(sanitizer, () => list?.length)
  const kept: T[] = []
  for (let i = 0; i < length && sanitizer.takeElement(); i++) {
    try {
      const item: unknown = list![i]
      if (typeof item === 'object' && item !== null) kept.push(sanitize(item as T, sanitizer))
    } catch {
      // Counted as dropped.
    }
  }
  if (kept.length < length) sanitizer.noteLoss()
  return { kept, dropped: length - kept.length }
}

/** Returns the object itself and not a copy, because spans are grouped by the identity of resource and scope. */
function objectOr<T extends object>(sanitizer: ValueSanitizer, fallback: T, read: () => T | undefined): T {
  const value = sanitizer.tryRead(read)
  if (typeof value === 'object' && value !== null) return value
  sanitizer.noteLoss()
  return fallback
}

function self<T>(this: T): T {
  return this
}

/** Copies a resource on which the encoder has failed. Parts that throw or are invalid are left out and counted. */
export function sanitizeResource(resource: SpanResource): CountedResource {
  const sanitizer = new ValueSanitizer()
  const { attributes, dropped } = sanitizer.attributes(() => resource.attributes)
  return {
    attributes,
    schemaUrl: sanitizer.text(sanitizer.tryRead(() => resource.schemaUrl)),
    droppedAttributesCount: dropped,
    isTruncated: sanitizer.isTruncated,
  }
}

/** Like {@link sanitizeResource}, for a scope. */
export function sanitizeScope(scope: InstrumentationScope): CountedScope {
  const sanitizer = new ValueSanitizer()
  const { attributes, dropped } = sanitizer.attributes(() => scope.attributes)
  return {
    name: sanitizer.text(sanitizer.tryRead(() => scope.name)),
    version: sanitizer.text(sanitizer.tryRead(() => scope.version)),
    schemaUrl: sanitizer.text(sanitizer.tryRead(() => scope.schemaUrl)),
    attributes,
    droppedAttributesCount: dropped,
    isTruncated: sanitizer.isTruncated,
  }
}
