// SPDX-License-Identifier: Apache-2.0
// Never run: it holds as long as `npm run check` compiles it.
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BatchSpanProcessorOptions, BufferConfig } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import * as sdk2 from '@spanring/sdk-2'
import * as sdk3 from '@spanring/sdk-3'

declare const exporter2: sdk2.SpanExporter
declare const exporter3: sdk3.SpanExporter
declare const processor2: sdk2.SpanProcessor
declare const config2: sdk2.StockConfig
declare const config3: sdk3.StockConfig

/** A stock call compiles unchanged once the import names the replacement, in the constructor shape of either line. */
export const processors2: sdk2.SpanProcessor[] = [
  new BatchSpanProcessor(exporter2),
  new BatchSpanProcessor(exporter2, config2),
  new BatchSpanProcessor(exporter2, {
    maxQueueSize: 4096,
    maxExportBatchSize: 100,
    scheduledDelayMillis: 1,
    exportTimeoutMillis: 1,
  }),
]
export const processors3: sdk3.SpanProcessor[] = [
  new BatchSpanProcessor(config3),
  new BatchSpanProcessor({ exporter: exporter3 }),
  new BatchSpanProcessor({ exporter: exporter3, maxQueueSize: 4096, selfObsMeterProvider: new sdk3.MeterProvider() }),
]

/** Both lines accept the replacement where an application registers its processors. */
export const providers = [sdk2.createTracerProvider(processors2), sdk3.createTracerProvider(processors3)]

/** So does what takes a stock exporter. */
export const exporter2Of: sdk2.SpanExporter = new OTLPTraceExporter()
export const exporter3Of: sdk3.SpanExporter = new OTLPTraceExporter({ timeoutMillis: 1000 })

/** Values that were declared with the stock types fit, also where a project declares ours. */
export const config: BufferConfig = config2
export const options: BatchSpanProcessorOptions = config3
export const exporters: BatchSpanProcessorOptions['exporter'][] = [
  exporter2,
  exporter3,
  sdk2.createStockExporter('http/json', ''),
  sdk2.createStockExporter('http/protobuf', ''),
  sdk2.createStockExporter('grpc', ''),
  sdk3.createStockExporter('http/json', ''),
  sdk3.createStockExporter('http/protobuf', ''),
  sdk3.createStockExporter('grpc', ''),
  new sdk2.InMemorySpanExporter(),
  new sdk3.InMemorySpanExporter(),
]

// Wrong on purpose: were the types above `any`, these lines would be in order and the compiler would complain.
// @ts-expect-error a misspelt option
export const misspelt: BufferConfig = { maxQueueLength: 1 }
// @ts-expect-error a processor is no exporter
export const notAnExporter: BatchSpanProcessor = new BatchSpanProcessor(processor2)
// @ts-expect-error an exporter is no processor
export const notAProcessor: sdk2.SpanProcessor = exporter2
// @ts-expect-error an exporter is no processor
export const notAProcessor3: sdk3.SpanProcessor = exporter3
