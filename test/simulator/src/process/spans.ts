// SPDX-License-Identifier: Apache-2.0
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '../../../../packages/otlp-exporter/src/readable-span.js'

/*
 * The spans of the simulated application. Everything in a span follows from its index, so whoever receives one can tell whether
 * it is intact.
 */

const TRACE_ID = '5f3a0000000000000000000000000001'
const ID_PREFIX = 'a5c30000'
const ID_PREFIX_NUMBER = 0xa5c30000
const TIME: [number, number] = [1_700_000_000, 0]

const pads = new Map<number, string>()

/** How large spans are in this run: a factor. Spans of different indexes have different sizes. */
let padScale = 1

/** Called at the beginning of a run. */
export function setSpanSize(scale: number): void {
  padScale = scale
  pads.clear()
}

export function expectedName(index: number): string {
  return `span ${index}`
}

export function expectedPad(index: number): string {
  let pad = pads.get(index % 1024)
  if (pad === undefined) {
    const i = index % 1024
    pad = String.fromCharCode(97 + (i % 26)).repeat(Math.floor(((i * 7) % 61) * padScale))
    pads.set(i, pad)
  }
  return pad
}

/** The index in the eight bytes of a span id. Throws if it is not one of ours. */
export function indexOfId(bytes: Buffer, pos: number): number {
  const prefix = bytes.readUInt32BE(pos)
  if (prefix !== ID_PREFIX_NUMBER) throw new Error(`a span id begins with ${prefix.toString(16)}`)
  return bytes.readUInt32BE(pos + 4)
}

const scope = { name: 'simulator' }

export interface SimulatedResource {
  readonly attributes: Readonly<Record<string, unknown>>
  asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

export function createSpan(index: number, resource: SimulatedResource): ReadableSpan {
  const spanContext = {
    traceId: TRACE_ID,
    spanId: ID_PREFIX + index.toString(16).padStart(8, '0'),
    traceFlags: 1,
  }
  return {
    name: expectedName(index),
    kind: SpanKind.INTERNAL,
    spanContext: () => spanContext,
    parentSpanContext: undefined,
    startTime: TIME,
    endTime: TIME,
    status: { code: SpanStatusCode.UNSET },
    attributes: { pad: expectedPad(index) },
    links: [],
    events: [],
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** The index of a span that {@link createSpan} has made. */
export function indexOfSpan(span: { spanContext(): { spanId: string } }): number {
  return Number.parseInt(span.spanContext().spanId.slice(8), 16)
}
