// SPDX-License-Identifier: Apache-2.0
import { decodeJson } from '../../../sink/src/otlp/decode-json.js'
import { decodeProtobuf } from '../../../sink/src/otlp/decode-protobuf.js'
import type { ReceivedSpan } from '../../../sink/src/otlp/received-span.js'
import { type OtlpFormat, TraceEncoder } from '../../src/encode/trace-encoder.js'
import type { ReadableSpan } from '../../src/readable-span.js'

export const FORMATS: readonly OtlpFormat[] = ['protobuf', 'json']

/** One request with all the spans, none of which may be refused. */
export function encodeAll(encoder: TraceEncoder, spans: readonly ReadableSpan[]): Uint8Array {
  const batch = encoder.openBatch()
  for (const span of spans) {
    const outcome = batch.add(span)
    if (outcome !== 'added') throw new Error(`the span ${span.name} was ${outcome}`)
  }
  const encoded = batch.finish()
  const body = encoded.assemble(0, spans.length).bytes
  if (body.length !== encoded.byteLength) throw new Error(`${body.length} bytes, not ${encoded.byteLength}`)
  if (body.length > batch.byteLength) throw new Error(`${body.length} bytes, and at most ${batch.byteLength} were expected`)
  encoded.release()
  return body
}

export function encodeOne(format: OtlpFormat, span: ReadableSpan): ReceivedSpan {
  const [received] = decode(format, encodeAll(new TraceEncoder({ format }), [span]))
  if (received === undefined) throw new Error('the request is empty')
  return received
}

/** By a decoder that shares nothing with the encoder, and that refuses what OTLP does not allow. */
export function decode(format: OtlpFormat, body: Uint8Array): readonly ReceivedSpan[] {
  const { spans, unknownFields } = format === 'json' ? decodeJson(body) : decodeProtobuf(body)
  if (unknownFields.length > 0) throw new Error(`unknown fields: ${unknownFields.join(', ')}`)
  return spans
}

/** The same for what stock has encoded: its JSON has a field `schemaUrl` in Resource, which OTLP has only beside it. */
export function decodeStock(format: OtlpFormat, body: Uint8Array): readonly ReceivedSpan[] {
  return format === 'json' ? decodeJson(body).spans : decodeProtobuf(body).spans
}
