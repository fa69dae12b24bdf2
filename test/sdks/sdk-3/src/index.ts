// SPDX-License-Identifier: Apache-2.0
/**
 * SDK 3.1 as an application gets it from `@opentelemetry/sdk-trace`. The sibling package for SDK 2.12 exports the
 * same names, so that a test or a benchmark takes the line as data.
 */
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace'
import type { BatchSpanProcessorOptions, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'

export * as api from '@opentelemetry/api'
export { InMemorySpanExporter, NoopSpanProcessor } from '@opentelemetry/sdk-trace'
export type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
/** What the constructor of the stock processor takes in this line, exporter apart or not. */
export type { BatchSpanProcessorOptions as StockConfig } from '@opentelemetry/sdk-trace'
export { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
export { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
export { TracerProvider }

export type Protocol = 'http/json' | 'http/protobuf' | 'grpc'
export type StockOptions = Pick<
  BatchSpanProcessorOptions,
  'maxExportBatchSize' | 'maxQueueSize' | 'scheduledDelayMillis' | 'exportTimeoutMillis'
>

export const sdkLine = '3.1'

export function createTracerProvider(spanProcessors: SpanProcessor[], attributes: Record<string, string> = {}): TracerProvider {
  return new TracerProvider({
    spanProcessors,
    resource: resourceFromAttributes({ 'service.name': 'spanring-test', ...attributes }),
  })
}

/** The stock processor in the constructor shape of this line: `({ exporter, … })`. */
export function createStockProcessor(exporter: SpanExporter, options: StockOptions = {}): SpanProcessor {
  return new BatchSpanProcessor({ exporter, ...options })
}

/** `target` is the address of the signal: `http://127.0.0.1:4318/v1/traces`, or `http://127.0.0.1:4317` for gRPC. */
export function createStockExporter(protocol: Protocol, target: string, timeoutMillis = 10_000): SpanExporter {
  if (protocol === 'grpc') return new GrpcExporter({ url: target, timeoutMillis })
  return protocol === 'http/json'
    ? new JsonExporter({ url: target, timeoutMillis })
    : new ProtobufExporter({ url: target, timeoutMillis })
}

/** The stock OTLP/HTTP exporter for protobuf, with any of its own options. */
export function createStockProtobufExporter(options: ConstructorParameters<typeof ProtobufExporter>[0]): SpanExporter {
  return new ProtobufExporter(options)
}

/** Registers the context manager that NodeSDK would register; returns the call that undoes it. */
export function enableAsyncContext(): () => void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return () => context.disable()
}
