// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'
import type { ReadableSpan } from '../readable-span.js'

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
