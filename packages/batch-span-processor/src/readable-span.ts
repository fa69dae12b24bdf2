// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'

/**
 * What the processor itself reads of a finished span. Structural, so that the spans of every SDK line fit without an
 * import of any of them.
 */
export interface ReadableSpan {
  spanContext(): SpanContext
  readonly resource: SpanResource
}

/** The part of an SDK `Resource` that may still be on its way when the first spans end. */
export interface SpanResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}
