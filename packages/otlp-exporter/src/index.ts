// SPDX-License-Identifier: Apache-2.0
export type { Deadline, ExportResult } from '@spanring/core'
export { OTLPTraceExporter } from './otlp-trace-exporter.js'
export type {
  Compression,
  HeaderValues,
  OTLPTraceExporterOptions,
  Protocol,
  RetryOptions,
  SpoolOptions,
  TlsOptions,
} from './config/options.js'
export type { ExporterStats } from './exporter-telemetry.js'
export type { ReadableSpan } from './readable-span.js'
export type { BatchOutcome, SpanBatch } from './span-batch.js'
