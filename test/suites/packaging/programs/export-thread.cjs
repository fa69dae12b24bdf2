// SPDX-License-Identifier: Apache-2.0
const { DiagConsoleLogger, DiagLogLevel, diag } = require('@opentelemetry/api')
const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base')
const { BatchSpanProcessor } = require('@spanring/batch-span-processor')
const { OTLPTraceExporter } = require('@spanring/otlp-exporter')

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)
// In a bundle: the file that the bundler made of the thread's entry, if it was told of it.
const file = process.env.EXPORT_THREAD
const exporter = new OTLPTraceExporter({ worker: file === undefined ? true : { file } })
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
provider.getTracer('program').startSpan('work').end()
void provider.shutdown().then(() => console.log(`exported ${exporter.stats().exported}`))
