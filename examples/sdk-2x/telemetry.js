// SPDX-License-Identifier: Apache-2.0
// Processor and exporter put together by hand: that way nothing reads OTEL_TRACES_EXPORTER.
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'

const processor = new BatchSpanProcessor(new OTLPTraceExporter(), { maxQueueSize: 4096 })
const sdk = new NodeSDK({ spanProcessors: [processor] })
sdk.start()

process.once('beforeExit', () => {
  void sdk.shutdown().finally(() => console.log('spans', processor.stats()))
})
