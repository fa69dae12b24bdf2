// SPDX-License-Identifier: Apache-2.0
import type { Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api'

/**
 * The part of a finished span that the encoder reads, as SDK 1.30, 2.x and 3.x provide it. The type is structural: no SDK is
 * imported. Attribute values are `unknown`: SDK 3.x allows maps, bytes, nested arrays and null, and JavaScript allows
 * anything.
 */
export interface ReadableSpan {
  readonly name: string
  readonly kind: SpanKind
  spanContext(): SpanContext
  /** SDK 2.x and later. */
  readonly parentSpanContext?: SpanContext | undefined
  /** SDK 1.x. */
  readonly parentSpanId?: string | undefined
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly status: SpanStatus
  readonly attributes: AnyAttributes
  readonly links: readonly SpanLink[]
  readonly events: readonly SpanEvent[]
  readonly resource: SpanResource
  /** SDK 2.x and later. */
  readonly instrumentationScope?: InstrumentationScope | undefined
  /** SDK 1.x. */
  readonly instrumentationLibrary?: InstrumentationScope | undefined
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
}

export type AnyAttributes = Readonly<Record<string, unknown>>

export interface SpanEvent {
  readonly time: HrTime
  readonly name: string
  readonly attributes?: AnyAttributes | undefined
  readonly droppedAttributesCount?: number | undefined
}

export interface SpanLink extends Pick<Link, 'context'> {
  readonly attributes?: Attributes | AnyAttributes | undefined
  readonly droppedAttributesCount?: number | undefined
}

export interface SpanResource {
  readonly attributes: AnyAttributes
  readonly schemaUrl?: string | undefined
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
  /** SDK 2.x and later: keys with values or promises of values. If a key occurs twice, the first one counts. */
  getRawAttributes?(): readonly (readonly [string, unknown])[]
}

export interface InstrumentationScope {
  readonly name: string
  readonly version?: string | undefined
  readonly schemaUrl?: string | undefined
  readonly attributes?: AnyAttributes | undefined
}
