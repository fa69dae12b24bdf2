// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tracer } from '@opentelemetry/api'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig, ProcessorStats } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { startSink } from '@spanring/sink'
import type { Sink, SinkOptions } from '@spanring/sink'
import { expect, onTestFinished } from 'vitest'
import { endSpans, tracerOf } from '../../kit/src/setup-pipeline.js'

export interface WholePipeline {
  readonly exporter: OTLPTraceExporter
  readonly processor: BatchSpanProcessor
  readonly tracer: Tracer
  /** Ends that many spans in one synchronous stretch. */
  readonly end: (count: number) => void
}

/** SDK 2.12 with our processor and our exporter; gone when the test is. */
export function setupWholePipeline(
  url: string,
  config: BufferConfig = {},
  options: OTLPTraceExporterOptions = {},
): WholePipeline {
  const exporter = new OTLPTraceExporter({ url, ...options })
  const processor = new BatchSpanProcessor(exporter, config)
  onTestFinished(() => processor.shutdown({ timeoutMillis: 100 }).catch(() => {}))
  const tracer = tracerOf(processor)
  return { exporter, processor, tracer, end: (count) => endSpans(tracer, count) }
}

export async function setupCountingSink(options: SinkOptions = {}): Promise<Sink> {
  const sink = await startSink({ keep: 'count', ...options })
  onTestFinished(() => sink.close())
  return sink
}

/** A port of this machine where nobody listens. */
export async function refusingUrl(): Promise<string> {
  const sink = await startSink()
  await sink.close()
  return sink.url
}

/** Ends spans at that rate for so long, in stretches of what is due every few milliseconds; returns how many. */
export async function endAtRate(end: (count: number) => void, perSecond: number, millis: number): Promise<number> {
  const startedAt = performance.now()
  let ended = 0
  for (let elapsed = 0; elapsed < millis;) {
    // oxlint-disable-next-line no-await-in-loop -- that is the rate
    await sleep(2)
    elapsed = Math.min(performance.now() - startedAt, millis)
    const due = Math.floor((elapsed * perSecond) / 1000) - ended
    end(due)
    ended += due
  }
  return ended
}

/** I1: every span that ended is in exactly one place. */
export function expectAccounted({ ended, exported, failed, dropped, queued, inFlight }: ProcessorStats): void {
  expect(exported + sumOf(failed) + sumOf(dropped) + queued + inFlight).toBe(ended)
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Every line that is given to the application's logger during this test. */
export function captureDiag(): string[] {
  const lines: string[] = []
  const note = (...parts: unknown[]): void => void lines.push(parts.join(' '))
  const logger = { error: note, warn: note, info: note, debug: note, verbose: note }
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
  lines.length = 0
  onTestFinished(() => diag.disable())
  return lines
}

/** Resolves when the condition holds; the test's own limit ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- polling
  while (!(await condition())) await sleep(5)
}
