// SPDX-License-Identifier: Apache-2.0
import type { ExportResult } from '@spanring/core'
import { onTestFinished } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { OTLPTraceExporter } from '../../src/otlp-trace-exporter.js'
import type { ReadableSpan } from '../../src/readable-span.js'
import { endedSpans } from '../ended-span.js'

/** The tests of this folder run twice: as they are, and with the export thread, see vitest.config.ts. */
export const hasThread: boolean = process.env['SPANRING_WORKER'] === 'true'

/** Small enough for a test, and large enough for a thread that starts on a busy machine. */
const TIMEOUT_MILLIS = 5000

/** An exporter that is shut down when the test is over. */
export function setupExporter(options: OTLPTraceExporterOptions) {
  const exporter = new OTLPTraceExporter({ timeoutMillis: TIMEOUT_MILLIS, ...options })
  onTestFinished(() => exporter.shutdown())
  const exportSpans = (spans: number | ReadableSpan[]): Promise<ExportResult> =>
    new Promise((resolve) => exporter.export(typeof spans === 'number' ? endedSpans(spans) : spans, resolve))
  return { exporter, exportSpans }
}
