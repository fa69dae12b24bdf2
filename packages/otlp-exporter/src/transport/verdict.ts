// SPDX-License-Identifier: Apache-2.0
import { decodePartialSuccess } from './export-response.js'
import type { PartialSuccess } from './export-response.js'
import type { FailureReason } from './exporter-error.js'
import { responseBody } from './response-body.js'
import type { RawOutcome, RawResponse } from './response-collector.js'

/** What the end of one request means. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly status: number; readonly partial: PartialSuccess | undefined }
  /** The same request may get through later. */
  | {
      readonly kind: 'outage'
      readonly reason: FailureReason
      readonly status: number | undefined
      readonly message: string
      readonly retryAfter: string | undefined
    }
  | { readonly kind: 'too-large'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly status: number | undefined; readonly message: string }

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Trying again does not make a certificate trusted; the user should hear of it at once. */
const CERTIFICATE_CODE = /^(UNABLE_TO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/
const INVALID_CODES: ReadonlySet<unknown> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

export function verdictOf(outcome: RawOutcome, maxResponseBytes: number): Verdict {
  switch (outcome.kind) {
    case 'response':
      return verdictOfResponse(outcome.response, maxResponseBytes)
    case 'over-limit':
      return overLimit(outcome.status, maxResponseBytes)
    case 'broken':
      return verdictOfBreak(outcome)
  }
}

function verdictOfResponse(response: RawResponse, maxResponseBytes: number): Verdict {
  const { status, headers } = response
  const body = responseBody(response, maxResponseBytes)
  if (body === 'over-limit') return overLimit(status, maxResponseBytes)
  if (!isSuccess(status)) return verdictOfStatus(status, headers['retry-after'])
  const partial = body && decodePartialSuccess(body, headers['content-type'] ?? '')
  return { kind: 'accepted', status, partial }
}

function verdictOfStatus(status: number, retryAfter: string | undefined): Verdict {
  if (status === 413) return { kind: 'too-large', status }
  const failure = { reason: `http_${status}`, status, message: `answered ${status}` } as const
  return RETRYABLE.has(status) ? { kind: 'outage', ...failure, retryAfter } : { kind: 'failed', ...failure }
}

/** Before the answer was whole. A status that has arrived counts, but not 2xx: nobody knows whether the rest would have confirmed it. */
function verdictOfBreak({ error, status, retryAfter }: Extract<RawOutcome, { kind: 'broken' }>): Verdict {
  if (status !== undefined && !isSuccess(status)) return verdictOfStatus(status, retryAfter)
  const { code } = error as NodeJS.ErrnoException
  const message = describeError(error)
  if (typeof code === 'string' && CERTIFICATE_CODE.test(code)) {
    return { kind: 'failed', reason: 'certificate', status: undefined, message: `certificate refused: ${message}` }
  }
  if (INVALID_CODES.has(code)) return { kind: 'failed', reason: 'invalid_request', status: undefined, message }
  return { kind: 'outage', reason: 'connection', status: undefined, message, retryAfter: undefined }
}

function overLimit(status: number, maxResponseBytes: number): Verdict {
  const message = `answered ${status} with more than ${maxResponseBytes} bytes`
  return { kind: 'failed', reason: 'response_too_large', status, message }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** An attempt at several addresses fails with an AggregateError, which has no message of its own. */
function describeError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const text = error.message || (first instanceof Error ? first.message : '') || error.name
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text
}
