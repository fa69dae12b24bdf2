// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { SpanProcessor } from '@spanring/sdk-2'
import type { Sdk } from '@spanring/sdk-lines'
import type { Contender } from '../contender.js'

export type Protocol = 'http/protobuf' | 'http/json' | 'grpc'

export interface Target {
  readonly protocol: Protocol
  /** Of the signal, or of the server for gRPC. */
  readonly url: string
}

/** Everything else (compression, certificates) both read from the environment. */
export function createPipeline(sdk: Sdk, contender: Contender, { protocol, url }: Target): SpanProcessor {
  if (contender === 'stock') return sdk.createStockProcessor(sdk.createStockExporter(protocol, url))
  return createOurs(sdk, { protocol, url })
}

/** Over gRPC our processor drives the stock exporter: ours does not speak it. */
export function createOurs(sdk: Sdk, { protocol, url }: Target): BatchSpanProcessor {
  return new BatchSpanProcessor(
    protocol === 'grpc' ? sdk.createStockExporter(protocol, url) : new OTLPTraceExporter({ protocol, url }),
  )
}
