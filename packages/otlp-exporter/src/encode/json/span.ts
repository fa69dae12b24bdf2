// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'
import type { ReadableSpan, SpanEvent, SpanLink } from '../../readable-span.js'
import type { CountedResource, CountedScope } from '../span-fields.js'
import {
  statusCodeOf,
  isLinkSpanId,
  isLinkTraceId,
  isSpanId,
  isTraceId,
  otlpKindOf,
  linkFlags,
  parentIdOf,
  spanFlags,
} from '../span-fields.js'
import { attributesText } from './any-value.js'
import type { JsonWriter } from './writer.js'

/**
 * Writes a span as an element of a list, with a comma in front, which the request drops for the first element. Throws for
 * anything that the SDK would not produce. The caller then resets the writer.
 */
export function writeSpan(writer: JsonWriter, span: ReadableSpan): void {
  writer.begin()
  const context = span.spanContext()
  const parentId = parentIdOf(span)
  let text = ',{' + idsText(context) + traceStateText(writer, context)
  if (parentId) text += `,"parentSpanId":"${checkedSpanId(parentId)}"`
  text += ',"name":' + writer.quote(span.name)
  text += writer.count('kind', otlpKindOf(span))
  text += ',"startTimeUnixNano":' + writer.time(span.startTime)
  text += ',"endTimeUnixNano":' + writer.time(span.endTime)
  text += attributesText(writer, span.attributes)
  text += writer.count('droppedAttributesCount', span.droppedAttributesCount)
  text += listText(writer, 'events', span.events, eventText)
  text += writer.count('droppedEventsCount', span.droppedEventsCount)
  text += listText(writer, 'links', span.links, linkText)
  text += writer.count('droppedLinksCount', span.droppedLinksCount)
  text += statusText(writer, span)
  writer.end(text + `,"flags":${spanFlags(span, context)}}`)
}

function listText<T>(
  writer: JsonWriter,
  name: string,
  items: readonly T[],
  itemText: (writer: JsonWriter, item: T) => string,
): string {
  const { length } = items
  if (length === 0) return ''
  let text = `,"${name}":[`
  for (let i = 0; i < length; i++) {
    text += (i === 0 ? '' : ',') + itemText(writer, items[i]!)
  }
  return text + ']'
}

function eventText(writer: JsonWriter, event: SpanEvent): string {
  return (
    `{"timeUnixNano":${writer.time(event.time)},"name":${writer.quote(event.name)}` +
    attributesText(writer, event.attributes) +
    writer.count('droppedAttributesCount', event.droppedAttributesCount || 0) +
    '}'
  )
}

function linkText(writer: JsonWriter, { context, attributes, droppedAttributesCount }: SpanLink): string {
  return (
    `{${linkIdsText(context)}${traceStateText(writer, context)}` +
    attributesText(writer, attributes) +
    writer.count('droppedAttributesCount', droppedAttributesCount || 0) +
    `,"flags":${linkFlags(context)}}`
  )
}

function idsText({ traceId, spanId }: SpanContext): string {
  if (!isTraceId(traceId)) throw new TypeError('invalid trace id')
  return `"traceId":"${traceId}","spanId":"${checkedSpanId(spanId)}"`
}

function linkIdsText({ traceId, spanId }: SpanContext): string {
  if (!isLinkTraceId(traceId) || !isLinkSpanId(spanId)) throw new TypeError('invalid id in a link')
  return `"traceId":"${traceId}","spanId":"${spanId}"`
}

function checkedSpanId(id: string): string {
  if (!isSpanId(id)) throw new TypeError('invalid span id')
  return id
}

function traceStateText(writer: JsonWriter, { traceState }: SpanContext): string {
  const text = traceState ? traceState.serialize() : ''
  return text ? `,"traceState":${writer.quote(text)}` : ''
}

function statusText(writer: JsonWriter, span: ReadableSpan): string {
  const code = statusCodeOf(span)
  const { message } = span.status
  if (code === 0 && !message) return ''
  return `,"status":{"code":${code}${message ? `,"message":${writer.quote(message)}` : ''}}`
}

/** Writes ResourceSpans up to its list, with a comma in front, which the request drops for the first element. */
export function writeResource(writer: JsonWriter, resource: CountedResource): void {
  const { attributes, schemaUrl, droppedAttributesCount } = resource
  writer.begin()
  const content = attributesText(writer, attributes) + writer.count('droppedAttributesCount', droppedAttributesCount || 0)
  const url = schemaUrl ? `,"schemaUrl":${writer.quote(schemaUrl)}` : ''
  writer.end(`,{"resource":{${content.slice(1)}}${url},"scopeSpans":[`)
}

/** Writes ScopeSpans up to its list, with a comma in front. */
export function writeScope(writer: JsonWriter, scope: CountedScope): void {
  const { name, version, attributes, schemaUrl, droppedAttributesCount } = scope
  writer.begin()
  const scopeText =
    `"name":${writer.quote(name)}` +
    (version ? `,"version":${writer.quote(version)}` : '') +
    attributesText(writer, attributes) +
    writer.count('droppedAttributesCount', droppedAttributesCount || 0)
  const url = schemaUrl ? `,"schemaUrl":${writer.quote(schemaUrl)}` : ''
  writer.end(`,{"scope":{${scopeText}}${url},"spans":[`)
}
