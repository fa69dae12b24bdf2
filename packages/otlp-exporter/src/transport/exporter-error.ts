// SPDX-License-Identifier: Apache-2.0

/**
 * Why spans of a batch count as failed: `http_400` and the like for a final status, or one of
 * - `timeout`: the deadline passed
 * - `connection`: there was no connection, or it broke, and no time or no attempt was left
 * - `certificate`: the backend's certificate was refused
 * - `rejected`: the backend accepted the request and rejected these spans of it
 * - `too_large`: a single span is over `maxRequestBytes`, or over the limit of the backend
 * - `invalid_response`: the answer is not HTTP/1; sending again could only deliver the spans twice
 * - `headers`: the function given as `headers` failed
 * - `invalid_request`: HTTP does not allow the request, or the TLS options cannot be used
 * - `aborted`: the caller no longer waits
 * - `shutdown`: the transport was shut down first
 * - `already_shutdown`: the spans were handed over after the shutdown
 * - `stored`: only as the code of the error that `export` calls back with; the spans are sent when the backend is back
 * - `expired`: the backend was down for longer than `maxStoredMillis`
 * - `spool_full`, `spool_unreadable`: see `spool`
 * - `export_thread`: the export thread ended while it sent them; they may have arrived
 * - `no_webassembly`: WebAssembly is not available in this process, and undici cannot read an answer without it
 * - `internal`: a bug in the exporter, or its code for connections could not be loaded
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
  | 'stored'
  | 'expired'
  | 'spool_full'
  | 'spool_unreadable'
  | 'export_thread'
  | 'no_webassembly'
  | 'internal'

/** Why spans are lost, or not accepted yet. It contains text of the backend only as an excerpt without secrets. */
export interface Failure {
  readonly reason: FailureReason
  readonly status: number | undefined
  readonly message: string
  /** The body of the answer; undefined without one. */
  readonly data?: string | undefined
}

/**
 * What went wrong: the message is for people, `code` for programs. It never contains the value of a header, a key, or the
 * credentials of a URL.
 */
export class ExporterError extends Error {
  override readonly name = 'ExporterError'
  readonly code: FailureReason
  /** The status of the last answer, if there was one. */
  readonly statusCode: number | undefined
  /** The body of that answer, if it has one: up to 4096 characters on one line, without secrets. */
  readonly data: string | undefined

  constructor(code: FailureReason, message: string, statusCode?: number, data?: string) {
    super(message)
    this.code = code
    this.statusCode = statusCode
    this.data = data
  }
}

/** The `error.type` of the semantic conventions, in which a status code is just the number. */
export function errorTypeOf(reason: string): string {
  return reason.startsWith('http_') ? reason.slice('http_'.length) : reason
}
