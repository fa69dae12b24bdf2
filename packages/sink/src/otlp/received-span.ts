// SPDX-License-Identifier: Apache-2.0
import type { AttributeHolder } from './value.js'

/**
 * One span in a normal form, which is the same for protobuf and JSON and contains everything that was sent. Ids are
 * lower-case hex, or '' if absent. Times are nanoseconds as decimal strings. A field that was not sent has the default of
 * proto3: an absent field and a default value are the same bytes, so no receiver can tell them apart.
 */
export interface ReceivedSpan extends AttributeHolder {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  /** As numbered by OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly events: readonly ReceivedEvent[]
  readonly droppedEventsCount: number
  readonly links: readonly ReceivedLink[]
  readonly droppedLinksCount: number
  /** Code as numbered by OTLP: 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string }
  /** The same object for all spans that were sent under it. */
  readonly resource: ReceivedResource
  /** The same object for all spans that were sent under it. */
  readonly scope: ReceivedScope
}

export interface ReceivedEvent extends AttributeHolder {
  readonly timeUnixNano: string
  readonly name: string
}

export interface ReceivedLink extends AttributeHolder {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly flags: number
}

export interface ReceivedResource extends AttributeHolder {
  readonly entityRefs: readonly ReceivedEntityRef[]
  /** From the ResourceSpans message around the resource. */
  readonly schemaUrl: string
}

export interface ReceivedEntityRef {
  readonly schemaUrl: string
  readonly type: string
  readonly idKeys: readonly string[]
  readonly descriptionKeys: readonly string[]
}

export interface ReceivedScope extends AttributeHolder {
  readonly name: string
  readonly version: string
  /** From the ScopeSpans message around the scope. */
  readonly schemaUrl: string
}
