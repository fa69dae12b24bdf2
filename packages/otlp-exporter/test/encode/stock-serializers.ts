// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import type { ReadableSpan } from '../../src/readable-span.js'

export type SdkLine = '2.12' | '3.1'

export interface StockSerializer {
  serializeRequest(spans: readonly ReadableSpan[]): Uint8Array
}

/** What the stock exporters of that line encode with: an internal package, found the way those exporters find it. */
export function stockSerializers(line: SdkLine): { protobuf: StockSerializer; json: StockSerializer } {
  const sdk = createRequire(new URL(`../../../../test/fixtures/sdks/sdk-${line.charAt(0)}/package.json`, import.meta.url))
  const exporter = createRequire(sdk.resolve('@opentelemetry/exporter-trace-otlp-proto'))
  const { ProtobufTraceSerializer, JsonTraceSerializer } = exporter('@opentelemetry/otlp-transformer')
  return { protobuf: ProtobufTraceSerializer, json: JsonTraceSerializer }
}
