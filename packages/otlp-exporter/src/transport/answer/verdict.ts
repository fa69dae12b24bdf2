// SPDX-License-Identifier: Apache-2.0
import { printableUrl } from '../../config/endpoint.js'
import type { Settings } from '../../config/settings.js'
import { isSuccess, meaningOf } from './answer-meaning.js'
import { wordsOf } from './answer-words.js'
import { DATA_LENGTH, MESSAGE_LENGTH, excerptOf } from '../redaction/excerpt.js'
import { readExportResponse } from './export-response.js'
import type { PartialSuccess } from './export-response.js'
import type { FailureReason } from '../exporter-error.js'
import { responseBody } from './answer.js'
import type { RawOutcome } from './answer-collector.js'
import { Secrets } from '../redaction/secrets.js'

/** Why spans are lost, or not yet taken. What a backend has written is an excerpt in here, without secrets. */
export interface Failure {
  readonly reason: FailureReason
  readonly status: number | undefined
  readonly message: string
  /** The body of the answer; undefined without one. */
  readonly data?: string | undefined
}

/** What the end of one request means. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly status: number; readonly partial: PartialSuccess | undefined; readonly flaw?: Flaw }
  /** The same request may get through later. */
  | (Failure & { readonly kind: 'outage'; readonly retryAfter: string | undefined })
  | { readonly kind: 'too-large'; readonly status: number; readonly message: string; readonly data?: string | undefined }
  | (Failure & { readonly kind: 'failed' })

/** What is wrong with an answer whose status says that the spans were taken: it broke off, or it is none of OTLP. */
export interface Flaw {
  readonly kind: 'broken' | 'foreign'
  readonly what: string
}

/** Trying again does not make a certificate trusted; the user should hear of it at once. */
const CERTIFICATE_CODE =
  /^(UNABLE_TO_|CERT_|CRL_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/
/** What OpenSSL and Node.js say of options of TLS before anything is sent; no waiting mends a key of another certificate. */
const TLS_OPTIONS_CODE =
  /^(ERR_OSSL_|ERR_CRYPTO_|ERR_TLS_INVALID_|ERR_TLS_PROTOCOL_VERSION_CONFLICT|ERR_SSL_NO_(CIPHER_MATCH|PROTOCOLS_AVAILABLE))/
const INVALID_CODES: ReadonlySet<unknown> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

/** What a body that was read as an excerpt may come to, in bytes; nobody needs to know what a larger one says. */
const DECOMPRESSED_BYTES = 256 * 1024
/** How much of a body is looked at for words, in bytes: a page of some megabytes says no more. */
const WORDS_BYTES = 16 * 1024
const NO_BYTES = new Uint8Array()

type Judged = Pick<Settings, 'endpoint' | 'proxy' | 'maxResponseBytes'>

/** By the table of `answer-meaning.ts`; `headers` are those of the request, whose values no message may show. */
export function verdictOf(outcome: RawOutcome, settings: Judged, headers: Readonly<Record<string, string>>): Verdict {
  const { seen } = outcome
  if (typeof seen !== 'number') return verdictWithoutStatus(outcome)
  const secrets = new Secrets(settings, headers)
  if (isSuccess(seen)) return accepted(outcome, seen, settings, secrets)
  const failure = { reason: `http_${seen}`, status: seen, ...wordsOfFailure(outcome, settings, secrets) } as const
  const meaning = meaningOf(seen)
  if (meaning === 'too-large') return { kind: meaning, status: seen, message: failure.message, data: failure.data }
  if (meaning === 'outage') return { kind: meaning, ...failure, retryAfter: outcome.headers['retry-after'] }
  return { kind: 'failed', ...failure }
}

function verdictWithoutStatus({ seen, error }: RawOutcome): Verdict {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  const message = error === undefined ? 'no answer' : describeError(error)
  if (typeof code === 'string' && CERTIFICATE_CODE.test(code)) {
    return { kind: 'failed', reason: 'certificate', status: undefined, message: `certificate refused: ${message}` }
  }
  if (typeof code === 'string' && TLS_OPTIONS_CODE.test(code)) {
    return { kind: 'failed', reason: 'invalid_request', status: undefined, message: `TLS options cannot be used: ${message}` }
  }
  if (INVALID_CODES.has(code)) return { kind: 'failed', reason: 'invalid_request', status: undefined, message }
  if (meaningOf(seen) === 'outage') {
    return { kind: 'outage', reason: 'connection', status: undefined, message, retryAfter: undefined }
  }
  return { kind: 'failed', reason: 'invalid_response', status: undefined, message }
}

function accepted(outcome: RawOutcome, status: number, { maxResponseBytes }: Judged, secrets: Secrets): Verdict {
  const broken = (what: string): Verdict => ({ kind: 'accepted', status, partial: undefined, flaw: { kind: 'broken', what } })
  if (outcome.end === 'broken') return broken(describeError(outcome.error as Error))
  if (outcome.end === 'stalled') return broken('the rest of it did not come in time')
  const body = outcome.end === 'whole' ? responseBody(outcome, maxResponseBytes) : 'over-limit'
  if (body === 'over-limit') return broken(`it has more than maxResponseBytes (${maxResponseBytes}) bytes`)
  if (body === undefined) {
    const encoding = worded(() => excerptOf(outcome.headers['content-encoding'] ?? '', secrets, MESSAGE_LENGTH), '')
    return broken(`it is compressed with ${encoding || 'what was not asked for'}`)
  }
  const response = readExportResponse(body)
  if (response !== 'foreign') return { kind: 'accepted', status, partial: response && withoutSecrets(response, secrets) }
  const what = worded(() => excerptsOf(body, secrets, true).shown, '') || `${body.byteLength} bytes`
  return { kind: 'accepted', status, partial: undefined, flaw: { kind: 'foreign', what } }
}

function withoutSecrets({ rejectedSpans, message }: PartialSuccess, secrets: Secrets): PartialSuccess {
  return { rejectedSpans, message: worded(() => excerptOf(message, secrets, MESSAGE_LENGTH), '') }
}

/**
 * What becomes of spans depends on the status. If words about it cannot be made there are none, and what went wrong is
 * not said either: its message may have in it what must not be shown.
 */
function worded<T>(make: () => T, without: T): T {
  try {
    return make()
  } catch {
    return without
  }
}

function wordsOfFailure(outcome: RawOutcome, settings: Judged, secrets: Secrets): ReturnType<typeof said> {
  return worded(() => said(outcome, settings, secrets), { message: `answered ${outcome.seen}`, data: undefined })
}

/** What a backend says with a status that is no success. */
function said(outcome: RawOutcome, { endpoint }: Judged, secrets: Secrets): { message: string; data: string | undefined } {
  const body = responseBody(outcome, DECOMPRESSED_BYTES)
  const { shown, data } = excerptsOf(body instanceof Uint8Array ? body : NO_BYTES, secrets, outcome.end === 'whole')
  const { location } = outcome.headers
  const where = location === undefined ? '' : excerptOf(printableLocation(location, endpoint), secrets, MESSAGE_LENGTH)
  const target = where === '' ? '' : ` with Location ${where}`
  return {
    message: `answered ${outcome.seen}${target}${shown === '' ? '' : `: ${shown}`}`,
    data: data === '' ? undefined : data,
  }
}

function excerptsOf(body: Uint8Array, secrets: Secrets, isWhole: boolean): { shown: string; data: string } {
  const { text, words } = wordsOf(body.subarray(0, WORDS_BYTES))
  const isAll = isWhole && body.byteLength <= WORDS_BYTES
  return {
    shown: excerptOf(words, secrets, MESSAGE_LENGTH, isAll),
    data: excerptOf(text, secrets, DATA_LENGTH, isAll),
  }
}

/** A login is often asked for with a token in its query. */
function printableLocation(location: string, { origin, path }: Judged['endpoint']): string {
  return URL.canParse(location, origin + path) ? printableUrl(new URL(location, origin + path)) : 'that is no URL'
}

/** An attempt at several addresses fails with an AggregateError, which has no message of its own. */
function describeError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const words = error.message || (first instanceof Error ? first.message : '') || error.name
  // Some of OpenSSL's end with a line break.
  const text = words.replaceAll(/\s+/g, ' ').trim()
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text
}
