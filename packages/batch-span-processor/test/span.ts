// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan, SpanResource } from '@spanring/core'

export interface NumberedSpan extends ReadableSpan {
  readonly number: number
}

const RESOURCE: SpanResource = {}

/** A sampled span that knows its place in the order in which spans ended. */
export function createSpan(number: number, resource: SpanResource = RESOURCE): NumberedSpan {
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: number.toString(16).padStart(16, '0'),
    traceFlags: 1,
  }
  return { number, resource, spanContext: () => spanContext }
}

export function numbersOf(spans: readonly ReadableSpan[]): number[] {
  return spans.map((span) => (span as NumberedSpan).number)
}
