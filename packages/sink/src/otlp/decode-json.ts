// SPDX-License-Identifier: Apache-2.0
import { DecodeError, type DecodedRequest, idsOf } from './decoded-request.js'
import { jsonLeafReader } from './json-leaf-reader.js'
import { RequestReader } from './request-reader.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Throws a {@link DecodeError} for bytes that are not an ExportTraceServiceRequest in OTLP/JSON. */
export function decodeJson(body: Uint8Array): DecodedRequest {
  const reader = new RequestReader(jsonLeafReader)
  const spans = reader.spans(parse(body))
  return { count: spans.length, ids: idsOf(spans), spans, unknownFields: reader.unknownFields }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(quoteLongIntegers(utf8.decode(body)))
  } catch (error) {
    throw new DecodeError(`not JSON: ${String(error)}`)
  }
}

/**
 * JSON.parse would round a 64-bit integer that was sent as a bare number. ProtoJSON accepts strings for all numbers, so this
 * turns long ones into strings. It matches strings as a whole, so digits inside them stay as they are.
 */
function quoteLongIntegers(text: string): string {
  if (!/[:[,\s]-?\d{16}/.test(text)) return text
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token))
}
