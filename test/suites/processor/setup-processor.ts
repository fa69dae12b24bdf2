// SPDX-License-Identifier: Apache-2.0
import type { Tracer } from '@opentelemetry/api'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig, SpanExporter } from '@spanring/batch-span-processor'
import { endSpans, tracerOf } from '@spanring/test-kit/spans'
import { onTestFinished } from 'vitest'

export interface TracedProcessor {
  readonly processor: BatchSpanProcessor
  readonly tracer: Tracer
  /** Ends that many spans in one synchronous stretch. */
  readonly end: (count: number) => void
}

/** SDK 2.12 with our processor; shut down when the test is over. */
export function setupProcessor(exporter: SpanExporter, config: BufferConfig): TracedProcessor {
  const processor = new BatchSpanProcessor(exporter, config)
  onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
  const tracer = tracerOf(processor)
  return { processor, tracer, end: (count) => endSpans(tracer, count) }
}
