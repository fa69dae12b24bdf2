// SPDX-License-Identifier: Apache-2.0
// Compiled and never run: the two packages do not import each other, and each declares what it needs of the other.
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { IncrementalSpanExporter, SpanExporter } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '../src/index.js'

const exporter: OTLPTraceExporter = new OTLPTraceExporter()
export const asAnyExporter: SpanExporter = exporter
export const asIncremental: IncrementalSpanExporter = exporter
export const processor: BatchSpanProcessor = new BatchSpanProcessor(exporter, { maxQueueSize: 4096 })

// @ts-expect-error -- what has no openBatch is no incremental exporter, so the lines above say something
export const notIncremental: IncrementalSpanExporter = { export() {}, shutdown: () => Promise.resolve(), maxConcurrentBatches: 1 }
