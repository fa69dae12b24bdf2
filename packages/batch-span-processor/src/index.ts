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
  StoredOutcome,
} from '@spanring/core'
export type { ProcessorStats } from './accounting/ledger.js'
export { BatchSpanProcessor } from './batch-span-processor.js'
export type { BatchSpanProcessorOptions, BufferConfig } from './options.js'
export type { FlushOptions } from './waits/flush.js'
export type { ShutdownOptions } from './waits/shutdown.js'
