// SPDX-License-Identifier: Apache-2.0
import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { InstrumentationScope, ReadableSpan, SpanEvent, SpanLink, SpanResource } from '../readable-span.js'
import { attempt } from './attempt.js'
import { CleanValues } from './clean-values.js'
import { isEnum, NO_KIND } from './span-enums.js'
import { parentIdOf } from './span-flags.js'
import { isSpanId, isTraceId } from './span-ids.js'

const MAX_UINT32 = 2 ** 32 - 1
/** Larger seconds would pass the end of fixed64, in the year 2554. */
const LAST_SECOND = 18_446_744_072
const NO_RESOURCE: SpanResource = { attributes: {} }
const NO_SCOPE: InstrumentationScope = { name: '' }

/**
 * A copy of a span on which the encoder has failed: every part is read once, by itself, and what throws or makes no
 * sense is left out or replaced. Slow, and seldom used. Throws when the ids are no ids: such a span would make receivers
 * refuse the request, and its neighbours with it.
 */
export function cleanSpan(span: ReadableSpan): ReadableSpan {
  const values = new CleanValues()
  const context = cleanContext(span.spanContext(), values)
  const parentId = attempt(() => parentIdOf(span))
  const parent = attempt(() => span.parentSpanContext)
  const hasParent = isSpanId(parentId)
  const links = cleanList(
    values,
    () => span.links,
    (link) => cleanLink(link, values),
  )
  const events = cleanList(
    values,
    () => span.events,
    (event) => cleanEvent(event, values),
  )
  const isRemote = attempt(() => parent?.isRemote) === true
  return {
    name: values.text(attempt(() => span.name)),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- none of the API's stands for none
    kind: cleanKind(attempt(() => span.kind)),
    spanContext: () => context,
    parentSpanContext: parent && hasParent ? { ...context, spanId: parentId, isRemote } : undefined,
    parentSpanId: hasParent ? parentId : undefined,
    startTime: cleanTime(() => span.startTime),
    endTime: cleanTime(() => span.endTime),
    status: {
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a code that is not known yet stays
      code: cleanCode(attempt(() => span.status.code)),
      message: values.text(attempt(() => span.status.message)),
    },
    attributes: values.attributes(() => span.attributes),
    links: links.kept,
    events: events.kept,
    resource: objectOr(NO_RESOURCE, () => span.resource),
    instrumentationScope: objectOr(NO_SCOPE, () => span.instrumentationScope ?? span.instrumentationLibrary),
    droppedAttributesCount: cleanCount(attempt(() => span.droppedAttributesCount)),
    droppedEventsCount: sum(cleanCount(attempt(() => span.droppedEventsCount)), events.dropped),
    droppedLinksCount: sum(cleanCount(attempt(() => span.droppedLinksCount)), links.dropped),
  }
}

function cleanContext(context: SpanContext, values: CleanValues): SpanContext {
  const { traceId, spanId } = context
  if (!isTraceId(traceId)) throw new TypeError('the trace id is invalid')
  if (!isSpanId(spanId)) throw new TypeError('the span id is invalid')
  const traceState = values.text(attempt(() => context.traceState?.serialize()))
  return {
    traceId,
    spanId,
    traceFlags: cleanCount(attempt(() => context.traceFlags)),
    isRemote: attempt(() => context.isRemote) === true,
    traceState: { serialize: () => traceState, get: () => undefined, set: self, unset: self },
  }
}

function cleanLink(link: SpanLink, values: CleanValues): SpanLink {
  return {
    context: cleanContext(link.context, values),
    attributes: values.attributes(() => link.attributes),
    droppedAttributesCount: cleanCount(attempt(() => link.droppedAttributesCount)),
  }
}

function cleanEvent(event: SpanEvent, values: CleanValues): SpanEvent {
  return {
    time: cleanTime(() => event.time),
    name: values.text(attempt(() => event.name)),
    attributes: values.attributes(() => event.attributes),
    droppedAttributesCount: cleanCount(attempt(() => event.droppedAttributesCount)),
  }
}

function cleanKind(kind: unknown): number {
  return isEnum(kind) ? kind : NO_KIND
}

function cleanCode(code: unknown): number {
  return isEnum(code) ? code : 0
}

/** Zero, which is 1970, for what is no time. */
function cleanTime(read: () => HrTime): HrTime {
  const seconds = attempt(() => read()[0])
  const nanos = attempt(() => read()[1])
  if (typeof seconds !== 'number' || typeof nanos !== 'number') return [0, 0]
  if (!(seconds >= 0 && seconds <= LAST_SECOND)) return [0, 0]
  return [Math.trunc(seconds), nanos >= 0 && nanos <= MAX_UINT32 ? Math.trunc(nanos) : 0]
}

function cleanCount(count: unknown): number {
  return typeof count === 'number' && count > 0 ? Math.min(Math.trunc(count), MAX_UINT32) : 0
}

function sum(count: number, more: number): number {
  return Math.min(count + more, MAX_UINT32)
}

function cleanList<T>(values: CleanValues, read: () => readonly T[], clean: (item: T) => T): { kept: T[]; dropped: number } {
  const list = attempt(read)
  const length = cleanCount(attempt(() => list?.length))
  const kept: T[] = []
  for (let i = 0; i < length && values.takeElement(); i++) {
    const item = attempt(() => clean(list![i]!))
    if (item !== undefined) kept.push(item)
  }
  return { kept, dropped: length - kept.length }
}

/** Kept as it is: spans are grouped by the identity of these. */
function objectOr<T extends object>(otherwise: T, read: () => T | undefined): T {
  const value = attempt(read)
  return typeof value === 'object' && value !== null ? value : otherwise
}

function self<T>(this: T): T {
  return this
}
