// SPDX-License-Identifier: Apache-2.0
import type { Sdk } from '@spanring/sdk-lines'
import { spanFixtures } from './span-fixtures.js'

type ReadableSpan = Parameters<SpanProcessor['onEnd']>[0]
type SpanProcessor = ReturnType<Sdk['createStockProcessor']>

const SEED = 20_261_121
/** A prime, so that the fixtures fall on other places of a batch every time. */
const FIXTURE_COUNT = 251

export interface SpanSource {
  /** Starts and ends the next span. */
  next(): void
  shutdown(): Promise<void>
  forceFlush(): Promise<void>
}

/** Real spans of the SDK, started and ended as an application does; what is on them is fixed by a seed. */
export function createSpanSource(
  { api, createTracerProvider }: Sdk,
  processor: SpanProcessor,
  attributesPerSpan?: number,
): SpanSource {
  const provider = createTracerProvider([processor])
  const tracer = provider.getTracer('spanring-benchmarks', '0.0.0')
  const fixtures = spanFixtures(SEED, FIXTURE_COUNT, attributesPerSpan)
  let position = 0
  let parent = api.ROOT_CONTEXT
  return {
    next() {
      const { name, kind, attributes, isRoot } = fixtures[position]!
      position = (position + 1) % FIXTURE_COUNT
      const span = tracer.startSpan(name, { kind: api.SpanKind[kind], attributes }, isRoot ? api.ROOT_CONTEXT : parent)
      parent = api.trace.setSpanContext(api.ROOT_CONTEXT, span.spanContext())
      span.end()
    },
    shutdown: () => provider.shutdown(),
    forceFlush: () => provider.forceFlush(),
  }
}

/** Spans that have ended, as `onEnd` gets them; always the same ones. */
export function endedSpans(sdk: Sdk, count: number): ReadableSpan[] {
  const spans: ReadableSpan[] = []
  const collector = { onStart: () => {}, onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: done, shutdown: done }
  const source = createSpanSource(sdk, collector)
  for (let i = 0; i < count; i++) source.next()
  return spans
}

async function done(): Promise<void> {}
