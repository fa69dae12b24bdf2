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
  NO_KIND,
  NO_SPAN_ID,
  NO_TRACE_ID,
  parentIdOf,
} from '../span-fields.js'
import { CleanValues } from './values.js'

const MAX_UINT32 = 2 ** 32 - 1
const TWO_64 = 2n ** 64n
/** Of fixed64; not all of it fits. */
const LAST_SECOND = 18_446_744_073
const NO_RESOURCE: SpanResource = { attributes: {} }
const NO_SCOPE: InstrumentationScope = { name: '' }

export interface CleanSpan {
  readonly span: ReadableSpan
  /** Whether it lacks anything that the span had; attributes, events and links are counted in it. */
  readonly isCut: boolean
}

/**
 * A copy of a span on which the encoder has failed: every part is read once, by itself, and what throws or makes no
 * sense is left out or replaced. Slow, and seldom used. Throws when the ids are no ids: such a span would make receivers
 * refuse the request, and its neighbours with it.
 */
export function cleanSpan(span: ReadableSpan): CleanSpan {
  const values = new CleanValues()
  const context = cleanContext(span.spanContext(), values)
  const parent = values.attempt(() => span.parentSpanContext)
  const parentId = values.attempt(() => parentIdOf(span))
  const hasParent = isSpanId(parentId)
  if (!hasParent && parentId) values.lose()
  const isRemote = values.attempt(() => parent?.isRemote) === true
  const { attributes, dropped } = values.attributes(() => span.attributes)
  const links = cleanList(values, () => span.links, cleanLink)
  const events = cleanList(values, () => span.events, cleanEvent)
  const clean: ReadableSpan = {
    name: values.text(values.attempt(() => span.name)),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- none of the API's stands for none
    kind: cleanEnum(values, NO_KIND, () => span.kind ?? NO_KIND),
    spanContext: () => context,
    parentSpanContext: parent && hasParent ? { ...context, spanId: parentId, isRemote } : undefined,
    parentSpanId: hasParent ? parentId : undefined,
    startTime: cleanTime(values, () => span.startTime),
    endTime: cleanTime(values, () => span.endTime),
    status: {
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a code that is not known yet stays
      code: cleanEnum(values, 0, () => span.status.code),
      message: values.text(values.attempt(() => span.status.message)),
    },
    attributes,
    links: links.kept,
    events: events.kept,
    resource: objectOr(values, NO_RESOURCE, () => span.resource),
    instrumentationScope: objectOr(values, NO_SCOPE, () => span.instrumentationScope ?? span.instrumentationLibrary),
    droppedAttributesCount: cleanCount(values, () => span.droppedAttributesCount, dropped),
    droppedEventsCount: cleanCount(values, () => span.droppedEventsCount, events.dropped),
    droppedLinksCount: cleanCount(values, () => span.droppedLinksCount, links.dropped),
  }
  return { span: clean, isCut: values.isCut }
}

function cleanContext(context: SpanContext, values: CleanValues): SpanContext {
  const { traceId, spanId } = context
  if (!isTraceId(traceId)) throw new TypeError('the trace id is invalid')
  if (!isSpanId(spanId)) throw new TypeError('the span id is invalid')
  return contextOf(context, traceId, spanId, values)
}

/** A link may point nowhere: see {@link NO_TRACE_ID}. */
function cleanLinkContext(context: SpanContext, values: CleanValues): SpanContext {
  const traceId = context.traceId === '' ? NO_TRACE_ID : context.traceId
  const spanId = context.spanId === '' ? NO_SPAN_ID : context.spanId
  if (!isLinkTraceId(traceId) || !isLinkSpanId(spanId)) throw new TypeError('an id of the link is invalid')
  return contextOf(context, traceId, spanId, values)
}

function contextOf(context: SpanContext, traceId: string, spanId: string, values: CleanValues): SpanContext {
  const traceState = values.text(values.attempt(() => context.traceState?.serialize()))
  return {
    traceId,
    spanId,
    traceFlags: cleanCount(values, () => context.traceFlags),
    isRemote: values.attempt(() => context.isRemote) === true,
    traceState: { serialize: () => traceState, get: () => undefined, set: self, unset: self },
  }
}

function cleanLink(link: SpanLink, values: CleanValues): SpanLink {
  const context = cleanLinkContext(link.context, values)
  const { attributes, dropped } = values.attributes(() => link.attributes)
  return { context, attributes, droppedAttributesCount: cleanCount(values, () => link.droppedAttributesCount, dropped) }
}

function cleanEvent(event: SpanEvent, values: CleanValues): SpanEvent {
  const { attributes, dropped } = values.attributes(() => event.attributes)
  return {
    time: cleanTime(values, () => event.time),
    name: values.text(values.attempt(() => event.name)),
    attributes,
    droppedAttributesCount: cleanCount(values, () => event.droppedAttributesCount, dropped),
  }
}

function cleanEnum(values: CleanValues, none: number, read: () => unknown): number {
  const value = values.attempt(read)
  if (isEnum(value)) return value
  if (value !== none) values.lose()
  return none
}

/** Zero, which is 1970, for what is no time, or one after the end of fixed64, in the year 2554. */
function cleanTime(values: CleanValues, read: () => HrTime): HrTime {
  const seconds = cleanPart(values, LAST_SECOND, () => read()[0])
  const nanos = cleanPart(values, MAX_UINT32, () => read()[1])
  if (seconds === undefined) return [0, 0]
  if (nanos === undefined) return [seconds, 0]
  if (BigInt(seconds) * 1_000_000_000n + BigInt(nanos) < TWO_64) return [seconds, nanos]
  values.lose()
  return [0, 0]
}

function cleanPart(values: CleanValues, most: number, read: () => unknown): number | undefined {
  const part = values.attempt(read)
  if (typeof part === 'number' && part >= 0 && part <= most) return Math.trunc(part)
  values.lose()
  return undefined
}

/** A count and what was dropped here; 0 for what is no count. */
function cleanCount(values: CleanValues, read: () => unknown, dropped = 0): number {
  const count = values.attempt(read)
  return Math.min((typeof count === 'number' && count > 0 ? Math.trunc(count) : 0) + dropped, MAX_UINT32)
}

function cleanList<T extends object>(
  values: CleanValues,
  read: () => readonly T[],
  clean: (item: T, values: CleanValues) => T,
): { kept: T[]; dropped: number } {
  const list = values.attempt(read)
  const length = cleanCount(values, () => list?.length)
  const kept: T[] = []
  for (let i = 0; i < length && values.takeElement(); i++) {
    try {
      const item: unknown = list![i]
      if (typeof item === 'object' && item !== null) kept.push(clean(item as T, values))
    } catch {
      // Counted as dropped.
    }
  }
  if (kept.length < length) values.lose()
  return { kept, dropped: length - kept.length }
}

/** Kept as it is: spans are grouped by the identity of these. */
function objectOr<T extends object>(values: CleanValues, otherwise: T, read: () => T | undefined): T {
  const value = values.attempt(read)
  if (typeof value === 'object' && value !== null) return value
  values.lose()
  return otherwise
}

function self<T>(this: T): T {
  return this
}

/** A copy of a resource on which the encoder has failed, without what throws or makes no sense; that is counted. */
export function cleanResource(resource: SpanResource): CountedResource {
  const values = new CleanValues()
  const { attributes, dropped } = values.attributes(() => resource.attributes)
  return {
    attributes,
    schemaUrl: values.text(values.attempt(() => resource.schemaUrl)),
    droppedAttributesCount: dropped,
    isCut: values.isCut,
  }
}

/** The same for a scope. */
export function cleanScope(scope: InstrumentationScope): CountedScope {
  const values = new CleanValues()
  const { attributes, dropped } = values.attributes(() => scope.attributes)
  return {
    name: values.text(values.attempt(() => scope.name)),
    version: values.text(values.attempt(() => scope.version)),
    schemaUrl: values.text(values.attempt(() => scope.schemaUrl)),
    attributes,
    droppedAttributesCount: dropped,
    isCut: values.isCut,
  }
}
