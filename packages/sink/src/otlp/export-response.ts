// SPDX-License-Identifier: Apache-2.0
import { otlpSchema } from './otlp-schema.js'

export type OtlpEncoding = 'protobuf' | 'json'

export interface PartialSuccess {
  /** How many spans are rejected: the last ones of the request. */
  readonly rejectedSpans: number
  readonly errorMessage?: string | undefined
}

const responseType = otlpSchema.lookupType('ExportTraceServiceResponse')
const statusType = otlpSchema.lookupType('RpcStatus')

/** An ExportTraceServiceResponse. Empty without a partial success, as the specification requires. */
export function exportResponse(encoding: OtlpEncoding, partialSuccess?: PartialSuccess): Uint8Array {
  if (encoding === 'protobuf') return responseType.encode({ partialSuccess }).finish()
  if (partialSuccess === undefined) return Buffer.from('{}')
  // ProtoJSON writes an int64 as a string.
  return Buffer.from(
    JSON.stringify({ partialSuccess: { ...partialSuccess, rejectedSpans: String(partialSuccess.rejectedSpans) } }),
  )
}

/** A google.rpc.Status, the body of every error response. */
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
  // The statuses that OTLP calls retryable. Over gRPC all of them are UNAVAILABLE.
  429: 14,
  502: 14,
  503: 14,
  504: 14,
}

/** The gRPC code that an OTLP sender treats like this HTTP status. */
export function grpcCode(httpStatus: number): number {
  return codes[httpStatus] ?? (httpStatus < 500 ? 2 : 13) // UNKNOWN, INTERNAL
}
