// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'
import type { ReadableSpan, SpanEvent, SpanLink } from '../../readable-span.js'
import { MAX_NESTED } from '../attribute-values.js'
import type { CountedResource, CountedScope } from '../span-fields.js'
import { linkFlags, NO_SPAN_ID, NO_TRACE_ID, otlpKindOf, parentIdOf, spanFlags, statusCodeOf } from '../span-fields.js'
import { writeAttributes } from './any-value.js'
import type { ProtobufWriter } from './writer.js'

const ZEROS_16 = new Uint8Array(16)
const ZEROS_8 = new Uint8Array(8)

/**
 * Writes a span as a field of ScopeSpans, with tag and length. Throws for anything that the SDK would not produce. The caller
 * then resets the writer.
 */
export function writeSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  writer.nestedLeft = MAX_NESTED
  const context = span.spanContext()
  const from = writer.open(0x12, 2)
  writer.traceId(0x0a, context.traceId)
  writer.spanId(0x12, context.spanId)
  writeTraceState(writer, 0x1a, context)
  const parentId = parentIdOf(span)
  if (parentId) writer.spanId(0x22, parentId)
  writer.text(0x2a, span.name)
  writer.count(0x30, otlpKindOf(span))
  writer.time(0x39, span.startTime)
  writer.time(0x41, span.endTime)
  writeAttributes(writer, 0x4a, span.attributes)
  writer.count(0x50, span.droppedAttributesCount)
  const { events, links } = span
  for (let i = 0; i < events.length; i++) writeEvent(writer, events[i]!)
  writer.count(0x60, span.droppedEventsCount)
  for (let i = 0; i < links.length; i++) writeLink(writer, links[i]!)
  writer.count(0x70, span.droppedLinksCount)
  writeStatus(writer, span)
  // Field 16 has a tag of two bytes, 0x85 0x01.
  writer.reserve(1)
  writer.bytes[writer.pos++] = 0x85
  writer.fixed32(0x01, spanFlags(span, context))
  writer.close(from, 2)
}

function writeEvent(writer: ProtobufWriter, event: SpanEvent): void {
  const from = writer.open(0x5a, 1)
  writer.time(0x09, event.time)
  writer.text(0x12, event.name)
  const { attributes, droppedAttributesCount } = event
  if (attributes) writeAttributes(writer, 0x1a, attributes)
  if (droppedAttributesCount) writer.count(0x20, droppedAttributesCount)
  writer.close(from, 1)
}

function writeLink(writer: ProtobufWriter, link: SpanLink): void {
  const { context, attributes, droppedAttributesCount } = link
  const from = writer.open(0x6a, 1)
  writeLinkIds(writer, context)
  writeTraceState(writer, 0x1a, context)
  if (attributes) writeAttributes(writer, 0x22, attributes)
  if (droppedAttributesCount) writer.count(0x28, droppedAttributesCount)
  writer.fixed32(0x35, linkFlags(context))
  writer.close(from, 1)
}

/** Ids of zeros are written. They mean that the link has no context, and its attributes may be its whole purpose. */
function writeLinkIds(writer: ProtobufWriter, { traceId, spanId }: SpanContext): void {
  if (traceId === NO_TRACE_ID) writer.bytesField(0x0a, ZEROS_16, 16)
  else writer.traceId(0x0a, traceId)
  if (spanId === NO_SPAN_ID) writer.bytesField(0x12, ZEROS_8, 8)
  else writer.spanId(0x12, spanId)
}

function writeTraceState(writer: ProtobufWriter, tag: number, context: SpanContext): void {
  const { traceState } = context
  if (!traceState) return
  const text = traceState.serialize()
  if (text) writer.text(tag, text)
}

function writeStatus(writer: ProtobufWriter, span: ReadableSpan): void {
  const code = statusCodeOf(span)
  const { message } = span.status
  if (code === 0 && !message) return
  const from = writer.open(0x7a, 1)
  if (message) writer.text(0x12, message)
  writer.count(0x18, code)
  writer.close(from, 1)
}

/** Writes ResourceSpans without its list of spans. The schema URL, field 3, may come before the list. */
export function writeResource(writer: ProtobufWriter, resource: CountedResource): void {
  const { attributes, schemaUrl, droppedAttributesCount } = resource
  writer.nestedLeft = MAX_NESTED
  const from = writer.open(0x0a, 2)
  if (attributes) writeAttributes(writer, 0x0a, attributes)
  if (droppedAttributesCount) writer.count(0x10, droppedAttributesCount)
  writer.close(from, 2)
  if (schemaUrl) writer.text(0x1a, schemaUrl)
}

/** Writes ScopeSpans without its list of spans. */
export function writeScope(writer: ProtobufWriter, scope: CountedScope): void {
  const { name, version, attributes, schemaUrl, droppedAttributesCount } = scope
  writer.nestedLeft = MAX_NESTED
  const from = writer.open(0x0a, 1)
  writer.text(0x0a, name)
  if (version) writer.text(0x12, version)
  if (attributes) writeAttributes(writer, 0x1a, attributes)
  if (droppedAttributesCount) writer.count(0x20, droppedAttributesCount)
  writer.close(from, 1)
  if (schemaUrl) writer.text(0x1a, schemaUrl)
}
