// SPDX-License-Identifier: Apache-2.0
import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)
// In a bundle: the file that the bundler made of the thread's entry, if it was told of it.
const file = process.env.EXPORT_THREAD
const exporter = new OTLPTraceExporter({ worker: file === undefined ? true : { file } })
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
provider.getTracer('program').startSpan('work').end()
// Not awaited: a bundle in CommonJS has no top-level await.
void provider.shutdown().then(() => console.log(`exported ${exporter.stats().exported}`))
