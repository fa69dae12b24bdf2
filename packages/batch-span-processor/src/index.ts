// SPDX-License-Identifier: Apache-2.0
export type {
  BatchOutcome,
  Deadline,
  ExportResult,
  IncrementalSpanExporter,
  ReadableSpan,
  SpanBatch,
  SpanExporter,
  SpanResource,
} from '@spanring/core'
export { BatchSpanProcessor } from './batch-span-processor.js'
export type { BatchSpanProcessorOptions, BufferConfig } from './options.js'
export type { FlushOptions, ProcessorStats, ShutdownOptions } from './span-pipeline.js'
