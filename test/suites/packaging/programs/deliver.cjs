// SPDX-License-Identifier: Apache-2.0
const { trace } = require('@opentelemetry/api')
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { BatchSpanProcessor } = require('@spanring/batch-span-processor')
const { createSpanProcessor, flush } = require('@spanring/node')
const { OTLPTraceExporter } = require('@spanring/otlp-exporter')

async function main() {
  const own = new BatchSpanProcessor(new OTLPTraceExporter())
  new NodeSDK({ spanProcessors: [createSpanProcessor(), own] }).start()
  trace.getTracer('program').startSpan('work').end()
  await own.shutdown()
  console.log(`delivered ${await flush()} ${own.stats().exported}`)
  process.exit(0)
}
void main()
