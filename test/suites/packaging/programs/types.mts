// SPDX-License-Identifier: Apache-2.0
import type * as register from '@spanring/node/register'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { createSpanProcessor, flush } from '@spanring/node'
import type { SpanProcessor } from '@spanring/node'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'

export const processors: SpanProcessor[] = [
  createSpanProcessor({ maxQueueSize: 4096, exporter: undefined, otlp: { protocol: 'http/json' } }),
  new BatchSpanProcessor(new OTLPTraceExporter()),
]
export const flushed: Promise<boolean> = flush({ timeoutMillis: 1000 })
// @ts-expect-error a queue is no text
createSpanProcessor({ maxQueueSize: '4096' })
export type Register = typeof register
