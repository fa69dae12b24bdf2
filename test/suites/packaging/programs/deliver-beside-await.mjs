// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { createSpanProcessor, flush } from '@spanring/node'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'

async function deliver() {
  const own = new BatchSpanProcessor(new OTLPTraceExporter())
  new NodeSDK({ spanProcessors: [createSpanProcessor(), own] }).start()
  trace.getTracer('program').startSpan('work').end()
  await own.shutdown()
  console.log(`delivered ${await flush()} ${own.stats().exported}`)
  process.exit(0)
}

void deliver()
await setTimeout(100)
