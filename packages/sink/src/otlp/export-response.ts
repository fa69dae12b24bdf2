// SPDX-License-Identifier: Apache-2.0
import { otlpSchema } from './otlp-schema.js'

export type OtlpEncoding = 'protobuf' | 'json'

export interface PartialSuccess {
  /** That many spans, the last ones of the request, are rejected. */
  readonly rejectedSpans: number
  readonly errorMessage?: string | undefined
}

const responseType = otlpSchema.lookupType('ExportTraceServiceResponse')
const statusType = otlpSchema.lookupType('RpcStatus')

/** ExportTraceServiceResponse; without a partial success it is empty, as the specification asks. */
export function exportResponse(encoding: OtlpEncoding, partialSuccess?: PartialSuccess): Uint8Array {
  if (encoding === 'protobuf') return responseType.encode({ partialSuccess }).finish()
  if (partialSuccess === undefined) return Buffer.from('{}')
  // ProtoJSON writes an int64 as a string.
  return Buffer.from(
    JSON.stringify({ partialSuccess: { ...partialSuccess, rejectedSpans: String(partialSuccess.rejectedSpans) } }),
  )
}

/** google.rpc.Status, the body of every answer that is an error. */
export function errorResponse(encoding: OtlpEncoding, httpStatus: number, message: string): Uint8Array {
  const status = { code: grpcCode(httpStatus), message }
  return encoding === 'protobuf' ? statusType.encode(status).finish() : Buffer.from(JSON.stringify(status))
}

const codes: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  405: 12,
  408: 4, // DEADLINE_EXCEEDED
  413: 8, // RESOURCE_EXHAUSTED
  415: 3,
  // OTLP's table of answers to try again: over gRPC all of them are UNAVAILABLE.
  429: 14,
  502: 14,
  503: 14,
  504: 14,
}

/** The gRPC code that means the same to an OTLP sender. */
export function grpcCode(httpStatus: number): number {
  return codes[httpStatus] ?? (httpStatus < 500 ? 2 : 13) // UNKNOWN, INTERNAL
}
