// SPDX-License-Identifier: Apache-2.0

/**
 * Why spans of a batch count as failed: `http_400` and the like for a status that ended it, or one of
 * - `timeout`: the deadline passed
 * - `connection`: no connection, or it broke, and there was no time or no attempt left
 * - `certificate`: the backend's certificate was refused
 * - `rejected`: the backend took the request and rejected these spans of it
 * - `too_large`: a single span over `maxRequestBytes`, or over what the backend takes
 * - `invalid_response`: the answer is not HTTP/1; sending again could only deliver the spans twice
 * - `headers`: the function given as `headers` failed
 * - `invalid_request`: HTTP does not allow the request, or the TLS options cannot be used
 * - `aborted`: the caller no longer waits
 * - `shutdown`: the transport was shut down first
 * - `already_shutdown`: handed over after that
 * - `no_webassembly`: WebAssembly is not available in this process, and undici cannot read an answer without it
 * - `internal`: a bug in the exporter
 */
export type FailureReason =
  | `http_${number}`
  | 'timeout'
  | 'connection'
  | 'certificate'
  | 'rejected'
  | 'too_large'
  | 'invalid_response'
  | 'headers'
  | 'invalid_request'
  | 'aborted'
  | 'shutdown'
  | 'already_shutdown'
  | 'no_webassembly'
  | 'internal'

/** Why spans are lost, or not yet taken. What a backend has written is in here as an excerpt without secrets. */
export interface Failure {
  readonly reason: FailureReason
  readonly status: number | undefined
  readonly message: string
  /** The body of the answer; undefined without one. */
  readonly data?: string | undefined
}

/**
 * What went wrong: the message for people, `code` for programs. It never holds a header's value, a key, or the credentials
 * of a URL.
 */
export class ExporterError extends Error {
  override readonly name = 'ExporterError'
  readonly code: FailureReason
  /** Status of the last response, if there was one. */
  readonly statusCode: number | undefined
  /** The body of that response, if it has one: up to 4096 characters on one line, without secrets. */
  readonly data: string | undefined

  constructor(code: FailureReason, message: string, statusCode?: number, data?: string) {
    super(message)
    this.code = code
    this.statusCode = statusCode
    this.data = data
  }
}

/** `error.type` of the semantic conventions, where a status code is just the number. */
export function errorTypeOf(reason: string): string {
  return reason.startsWith('http_') ? reason.slice('http_'.length) : reason
}
