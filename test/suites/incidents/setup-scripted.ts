// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig, ExportResult, SpanExporter } from '@spanring/batch-span-processor'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { expectAccounted } from '@spanring/test-kit/accounting'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { endSpans, tracerOf } from '@spanring/test-kit/spans'
import { expect, onTestFinished } from 'vitest'
import { setupWholePipeline } from '../whole-pipeline/setup-whole-pipeline.js'
import type { WholePipeline } from '../whole-pipeline/setup-whole-pipeline.js'

export type Done = (result: ExportResult) => void

/** Small numbers, so that a bound is met within a moment; what has none would take the whole limit of {@link outcomeOf}. */
export const SOON: BufferConfig = { maxExportBatchSize: 10, scheduledDelayMillis: 10, exportTimeoutMillis: 150 }

/** What hangs here hangs for ever, or until a default of 10 s and more. */
const LIMIT_MILLIS = 4000

/** How a promise ends. One that does not is an error, so that a test turns red instead of standing still. */
export async function outcomeOf(promise: Promise<unknown>): Promise<'fulfilled' | 'rejected'> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`still pending after ${LIMIT_MILLIS} ms`)), LIMIT_MILLIS)
  })
  const ended = promise.then(
    () => 'fulfilled' as const,
    () => 'rejected' as const,
  )
  try {
    return await Promise.race([ended, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** A flush that may take longer than an export: it ends when every batch has its outcome. */
export function flushOf(processor: BatchSpanProcessor): Promise<'fulfilled' | 'rejected'> {
  return outcomeOf(processor.forceFlush({ timeoutMillis: 60_000 }))
}

/** An exporter that does what only a scripted one can; what a test does not say is done well. */
export function scripted(parts: Partial<SpanExporter> | SpanExporter['export']): SpanExporter {
  const { export: exported, ...others } = typeof parts === 'function' ? { export: parts } : parts
  return { export: exported ?? ((_spans, done) => done({ code: 0 })), shutdown: async () => {}, ...others }
}

/** Our processor before that exporter; gone when the test is, and then with every span in its place. */
export function setupScripted(exporter: SpanExporter, config: BufferConfig = {}) {
  const processor = new BatchSpanProcessor(exporter, { ...SOON, ...config })
  closeAccounts(processor)
  const tracer = tracerOf(processor)
  return { processor, end: (count = 1): void => endSpans(tracer, count) }
}

/** The same before our exporter. */
export function setupOurs(...parts: Parameters<typeof setupWholePipeline>): WholePipeline {
  const pipeline = setupWholePipeline(...parts)
  closeAccounts(pipeline.processor)
  return pipeline
}

/** The same before a sink that answers its first request with 503, and then is healthy. */
export async function setupRefusedOnce(config: BufferConfig, options: OTLPTraceExporterOptions) {
  const sink = await setupCountingSink()
  await sink.script({ status: 503, times: 1 })
  return { sink, ...setupOurs(sink.url, config, options) }
}

/** I1 at the end of the test, and nothing that is still on its way. */
function closeAccounts(processor: BatchSpanProcessor): void {
  onTestFinished(async () => {
    await processor.shutdown({ timeoutMillis: 100 }).catch(() => {})
    expectAccounted(processor.stats())
    expect(processor.stats()).toMatchObject({ queued: 0, inFlight: 0 })
  })
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}
