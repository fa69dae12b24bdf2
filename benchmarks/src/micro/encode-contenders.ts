// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import type { Sdk, SdkLine } from '@spanring/sdk-lines'

export type ReadableSpan = Parameters<ReturnType<Sdk['createStockProcessor']>['onEnd']>[0]
/** A request body with all the spans. */
export type Encode = (spans: ReadableSpan[]) => Uint8Array

interface Serializer {
  serializeRequest(spans: ReadableSpan[]): Uint8Array
}

interface Batch {
  readonly spanCount: number
  add(span: ReadableSpan): string
  finish(): { assemble(from: number, to: number): { readonly bytes: Uint8Array; release(): void }; release(): void }
}

/** The first is the one that others are compared with. */
export const ENCODER_NAMES = ['spanring protobuf', 'spanring JSON', 'stock protobuf', 'stock JSON'] as const
export type EncoderName = (typeof ENCODER_NAMES)[number]

/** Ours adds span by span and assembles, as the exporter does. */
export async function contenders(line: SdkLine): Promise<Readonly<Record<EncoderName, Encode>>> {
  const { ProtobufTraceSerializer, JsonTraceSerializer } = stockSerializers(line)
  return {
    'spanring protobuf': await ours('protobuf'),
    'spanring JSON': await ours('json'),
    'stock protobuf': (spans) => ProtobufTraceSerializer.serializeRequest(spans),
    'stock JSON': (spans) => JsonTraceSerializer.serializeRequest(spans),
  }
}

/** The encoder is no export of its package; it is measured as it was built. */
async function ours(format: 'protobuf' | 'json'): Promise<Encode> {
  const built = new URL('../../../../packages/otlp-exporter/dist/esm/encode/trace-encoder.js', import.meta.url)
  const { TraceEncoder }: { TraceEncoder: new (options: { format: string }) => { openBatch(): Batch } } = await import(built.href)
  const encoder = new TraceEncoder({ format })
  return (spans) => {
    const batch = encoder.openBatch()
    for (const span of spans) batch.add(span)
    if (batch.spanCount !== spans.length) throw new Error(`${spans.length - batch.spanCount} spans were not taken`)
    const encoded = batch.finish()
    const request = encoded.assemble(0, batch.spanCount)
    request.release()
    encoded.release()
    return request.bytes
  }
}

/** The serialisers of the exporters of that line: an internal package, found the way those exporters find it. */
function stockSerializers(line: SdkLine): { ProtobufTraceSerializer: Serializer; JsonTraceSerializer: Serializer } {
  const own = createRequire(import.meta.url)
  const sdk = createRequire(own.resolve(line === '2.12' ? '@spanring/sdk-2' : '@spanring/sdk-3'))
  const exporter = createRequire(sdk.resolve('@opentelemetry/exporter-trace-otlp-proto'))
  return exporter('@opentelemetry/otlp-transformer')
}
