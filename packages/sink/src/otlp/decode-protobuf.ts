// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs'
import { DecodeError, type DecodedRequest, idsOf } from './decoded-request.js'
import { otlpSchema } from './otlp-schema.js'
import { protobufLeafReader } from './protobuf-leaf-reader.js'
import { RequestReader } from './request-reader.js'

const requestType: protobuf.Type = otlpSchema.lookupType('ExportTraceServiceRequest')

/** Throws a {@link DecodeError} for bytes that are not an ExportTraceServiceRequest. */
export function decodeProtobuf(body: Uint8Array): DecodedRequest {
  const reader = new RequestReader(protobufLeafReader)
  const spans = reader.spans(parse(body))
  return { count: spans.length, ids: idsOf(spans), spans, unknownFields: reader.unknownFields }
}

function parse(body: Uint8Array): protobuf.Message {
  const wire = protobuf.Reader.create(body)
  // By default, unknown fields are skipped silently.
  wire.discardUnknown = false
  try {
    return requestType.decode(wire)
  } catch (error) {
    throw new DecodeError(`not an OTLP trace request: ${String(error)}`)
  }
}
