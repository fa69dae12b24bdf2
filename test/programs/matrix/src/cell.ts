// SPDX-License-Identifier: Apache-2.0
/**
 * One process of the matrix: every exporter with every processor, one after the other, each to a receiver of its own.
 * Bundled in each module format, with the packages of OpenTelemetry and ours left to the directory that it runs in.
 * Its arguments are the receivers in the order of the combinations, URL of OTLP/HTTP and of gRPC in turns; it prints a
 * line of JSON for each combination, with what it was warned of, and
 * whether requests left while this thread was busy. Compiled against SDK 2.12; what the lines name differently is looked up.
 */
import * as api from '@opentelemetry/api'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import * as resources from '@opentelemetry/resources'
import * as sdk from '@opentelemetry/sdk-trace-base'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { runTracedProgram } from '@spanring/traced-program'
import type { SwappableProcessor, TracedSdk } from '@spanring/traced-program'
import { COMBINATIONS } from './axes.js'
import type { Combination, Exporter } from './axes.js'

/** How long this thread is busy at a time, in milliseconds, to see whether another one sends meanwhile. */
const BUSY_MILLIS = 100

/** Longer than a healthy receiver on loopback ever takes, also on a busy machine. */
const LIMIT_MILLIS = 15_000
const OPTIONS = { maxExportBatchSize: 100, scheduledDelayMillis: 50 }

type Names = Readonly<Record<string, new (...args: unknown[]) => unknown>>

const sdkNames = sdk as unknown as Names
/** From 3.0 on a provider of the SDK itself is the one of users. */
const isFirstArgumentOptions = 'TracerProvider' in sdkNames
const Resource = (resources as unknown as Names)['Resource']

const line = {
  api,
  resourceFromAttributes: (attributes: Record<string, string | string[]>) =>
    // 1.x has a class in its place.
    'resourceFromAttributes' in resources ? resources.resourceFromAttributes(attributes) : new Resource!(attributes),
  TracerProvider: sdkNames['TracerProvider'] ?? sdkNames['BasicTracerProvider'],
} as unknown as TracedSdk

function createExporter(exporter: Exporter, http: string, grpc: string): unknown {
  switch (exporter) {
    case 'stock JSON':
      return new JsonExporter({ url: http })
    case 'stock protobuf':
      return new ProtobufExporter({ url: http })
    case 'stock gRPC':
      return new GrpcExporter({ url: grpc })
    case 'spanring protobuf':
      return new OTLPTraceExporter({ url: http, protocol: 'http/protobuf' })
    case 'spanring JSON':
      return new OTLPTraceExporter({ url: http, protocol: 'http/json' })
    case 'spanring thread':
      return new OTLPTraceExporter({ url: http, worker: true })
  }
}

function createProcessor({ processor }: Combination, created: unknown): SwappableProcessor {
  if (processor === 'spanring') return new BatchSpanProcessor(created as never, OPTIONS)
  const Stock = sdkNames['BatchSpanProcessor']!
  const stock = isFirstArgumentOptions ? new Stock({ exporter: created, ...OPTIONS }) : new Stock(created, OPTIONS)
  return stock as SwappableProcessor
}

/** Whether requests left while this thread was busy, until the work is done. */
async function sendsMeanwhile(exporter: OTLPTraceExporter, work: Promise<unknown>): Promise<boolean> {
  const state = { isDone: false, hasThread: false }
  const isDone = (): unknown => (state.isDone = true)
  work.then(isDone, isDone)
  while (!state.isDone && !state.hasThread) {
    const { requests } = exporter.stats()
    const freeAt = performance.now() + BUSY_MILLIS
    while (performance.now() < freeAt);
    state.hasThread = exporter.stats().requests > requests
    // oxlint-disable-next-line no-await-in-loop -- until all is done
    await new Promise((resolve) => setImmediate(resolve))
  }
  return state.hasThread
}

/** Returns whether there was an export thread, if one was asked for. */
async function run(combination: Combination, http: string, grpc: string): Promise<boolean> {
  const exporter = createExporter(combination.exporter, http, grpc)
  const program = runTracedProgram(line, createProcessor(combination, exporter))
  const flushed = program.forceFlush()
  const isAsked = combination.exporter === 'spanring thread'
  const hasThread = isAsked && (await sendsMeanwhile(exporter as OTLPTraceExporter, flushed))
  await flushed
  await program.shutdown()
  return hasThread
}

function withinLimit<T>(work: Promise<T>): Promise<T> {
  const limit = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`not done in ${LIMIT_MILLIS} ms`)), LIMIT_MILLIS).unref()
  })
  return Promise.race([work, limit])
}

async function main(urls: readonly string[]): Promise<void> {
  let warnings: string[] = []
  const warn = (...said: unknown[]): void => void warnings.push(said.join(' '))
  const ignore = (): void => {}
  const logger = { error: warn, warn, info: ignore, debug: ignore, verbose: ignore }
  api.diag.setLogger(logger, api.DiagLogLevel.WARN)
  for (const [index, combination] of COMBINATIONS.entries()) {
    let error: string | null = null
    warnings = []
    let hasThread = false
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      hasThread = await withinLimit(run(combination, urls[index * 2] ?? '', urls[index * 2 + 1] ?? ''))
    } catch (caught) {
      error = caught instanceof Error ? `${caught.name}: ${caught.message}` : String(caught)
    }
    console.log(JSON.stringify({ index, error, warnings, hasThread }))
  }
  // A runtime that keeps something open is no matter of the spans.
  process.exit()
}

void main(process.argv.slice(2))
