// SPDX-License-Identifier: Apache-2.0
export { BatchSpanProcessor } from './batch-span-processor.js'
export type { BatchSpanProcessorOptions, BufferConfig } from './options.js'
export type { ReadableSpan, SpanResource } from './readable-span.js'
export type { BatchOutcome, Deadline, ExportResult, IncrementalSpanExporter, SpanBatch, SpanExporter } from './span-exporter.js'
export type { FlushOptions, ProcessorStats, ShutdownOptions } from './span-pipeline.js'
