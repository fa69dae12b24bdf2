// SPDX-License-Identifier: Apache-2.0
import type { Failure } from '../exporter-error.js'
import { DATA_LENGTH, MESSAGE_LENGTH, excerptOf } from '../redaction/excerpt.js'
import { printableLocation } from '../redaction/printable-url.js'
import { Secrets } from '../redaction/secrets.js'
import type { HeaderTexts, TransportSettings } from '../transport-settings.js'
import { isSuccess, meaningOf } from './answer-meaning.js'
import { wordsOf } from './answer-words.js'
import { decompressedBody } from './answer.js'
import type { Answer } from './answer.js'
import { readExportResponse } from './export-response.js'
import type { PartialSuccess } from './export-response.js'

/** What one request came to. */
export type Verdict = Accepted | Outage | TooLarge | Failed

/** The backend accepted the spans, except for those that `partial` counts as rejected. */
export interface Accepted {
  readonly kind: 'accepted'
  readonly status: number
  readonly partial: PartialSuccess | undefined
  readonly flaw?: Flaw
}

/** The same request may be accepted later. */
export interface Outage extends Failure {
  readonly kind: 'outage'
  readonly retryAfter: string | undefined
  /** Whether no connection came about: refused, timed out, no such host. */
  readonly isUnreachable: boolean
}

/** The request is over a limit: with a status it is the backend's limit, without one it is ours. */
export interface TooLarge {
  readonly kind: 'too-large'
  readonly status: number | undefined
  readonly message?: string | undefined
  readonly data?: string | undefined
}

/** The spans are lost. */
export interface Failed extends Failure {
  readonly kind: 'failed'
}

/** What is wrong with an answer that has a success status: it is cut short or unreadable, or it is not OTLP. */
export interface Flaw {
  readonly kind: 'broken' | 'foreign'
  readonly what: string
}

/** Trying again does not make a certificate trusted, and the user should be told at once. */
const CERTIFICATE_CODE =
  /^(UNABLE_TO_|CERT_|CRL_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/
/** TLS options that OpenSSL or Node.js refuses before anything is sent, such as a key that belongs to another certificate. */
const TLS_OPTIONS_CODE =
  /^(ERR_OSSL_|ERR_CRYPTO_|ERR_TLS_INVALID_|ERR_TLS_PROTOCOL_VERSION_CONFLICT|ERR_SSL_NO_(CIPHER_MATCH|PROTOCOLS_AVAILABLE))/
const INVALID_CODES: ReadonlySet<unknown> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

/** What a code looks like. A dispatcher of the application may put anything there, and codes are shown as they are. */
const CODE = /^[A-Z][A-Z0-9_]{1,59}$/

/** The limit of decompression for an answer that is not a success, in bytes. The message of a larger one is left out. */
const DECOMPRESSED_BYTES = 256 * 1024
/** How much of a body is searched for a message, in bytes. Reading more of a page of several megabytes would not help. */
const WORDS_BYTES = 16 * 1024
const NO_BYTES = new Uint8Array()

type JudgeSettings = Pick<TransportSettings, 'endpoint' | 'proxy' | 'maxResponseBytes'>

/** Judges by the table in `answer-meaning.ts`. `headers` are those of the request, whose values no message may show. */
export function verdictOf(answer: Answer, settings: JudgeSettings, headers: HeaderTexts): Verdict {
  const { seen } = answer
  const secrets = new Secrets(settings, headers)
  if (typeof seen !== 'number') return verdictWithoutStatus(answer, secrets)
  if (isSuccess(seen)) return accepted(answer, seen, settings, secrets)
  const failure = { reason: `http_${seen}`, status: seen, ...messageOfFailure(answer, settings, secrets) } as const
  const meaning = meaningOf(seen)
  if (meaning === 'too-large') return { kind: meaning, status: seen, message: failure.message, data: failure.data }
  if (meaning === 'outage') return { kind: meaning, ...failure, retryAfter: answer.headers['retry-after'], isUnreachable: false }
  return { kind: 'failed', ...failure }
}

function verdictWithoutStatus({ seen, error }: Answer, secrets: Secrets): Verdict {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  const message = error === undefined ? 'no answer' : describeError(error, secrets)
  if (typeof code === 'string' && CERTIFICATE_CODE.test(code)) {
    return { kind: 'failed', reason: 'certificate', status: undefined, message: `certificate refused: ${message}` }
  }
  if (typeof code === 'string' && TLS_OPTIONS_CODE.test(code)) {
    return { kind: 'failed', reason: 'invalid_request', status: undefined, message: `TLS options cannot be used: ${message}` }
  }
  if (INVALID_CODES.has(code)) return { kind: 'failed', reason: 'invalid_request', status: undefined, message }
  if (meaningOf(seen) === 'outage') {
    return {
      kind: 'outage',
      reason: 'connection',
      status: undefined,
      message,
      retryAfter: undefined,
      isUnreachable: seen === 'unreached',
    }
  }
  return { kind: 'failed', reason: 'invalid_response', status: undefined, message }
}

function accepted(answer: Answer, status: number, { maxResponseBytes }: JudgeSettings, secrets: Secrets): Verdict {
  const broken = (what: string): Verdict => ({ kind: 'accepted', status, partial: undefined, flaw: { kind: 'broken', what } })
  if (answer.end === 'broken') return broken(describeError(answer.error as Error, secrets))
  if (answer.end === 'stalled') return broken('the rest did not arrive in time')
  const body = answer.end === 'whole' ? decompressedBody(answer, maxResponseBytes) : 'over-limit'
  if (body === 'over-limit') return broken(`it has more than maxResponseBytes (${maxResponseBytes}) bytes`)
  if (body === undefined) {
    const encoding = tryMake(() => excerptOf(answer.headers['content-encoding'] ?? '', secrets, MESSAGE_LENGTH), '')
    return broken(`it is compressed with ${encoding || 'an encoding that was not requested'}`)
  }
  const response = readExportResponse(body)
  if (response !== 'foreign') return { kind: 'accepted', status, partial: response && withoutSecrets(response, secrets) }
  const what = tryMake(() => excerptsOf(body, secrets, true).shown, '') || `${body.byteLength} bytes`
  return { kind: 'accepted', status, partial: undefined, flaw: { kind: 'foreign', what } }
}

function withoutSecrets({ rejectedSpans, message }: PartialSuccess, secrets: Secrets): PartialSuccess {
  return { rejectedSpans, message: tryMake(() => excerptOf(message, secrets, MESSAGE_LENGTH), '') }
}

/**
 * The status decides what becomes of the spans, so a message that cannot be made is left out. The error is left out as well,
 * because it may contain a secret.
 */
function tryMake<T>(make: () => T, fallback: T): T {
  try {
    return make()
  } catch {
    return fallback
  }
}

type Message = Pick<Failure, 'message' | 'data'>

function messageOfFailure(answer: Answer, settings: JudgeSettings, secrets: Secrets): Message {
  return tryMake(() => messageOf(answer, settings, secrets), { message: `answered ${answer.seen}`, data: undefined })
}

/** The message for a status that is not a success, with what the backend says. */
function messageOf(answer: Answer, { endpoint }: JudgeSettings, secrets: Secrets): Message {
  const body = decompressedBody(answer, DECOMPRESSED_BYTES)
  const { shown, data } = excerptsOf(body instanceof Uint8Array ? body : NO_BYTES, secrets, answer.end === 'whole')
  const { location } = answer.headers
  const base = endpoint.origin + endpoint.path
  const where = location === undefined ? '' : excerptOf(printableLocation(location, base), secrets, MESSAGE_LENGTH)
  const target = where === '' ? '' : ` with Location ${where}`
  return {
    message: `answered ${answer.seen}${target}${shown === '' ? '' : `: ${shown}`}`,
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

/**
 * When every address of a host fails, the error is an AggregateError without a message of its own. That of a dispatcher of
 * the application may quote the request.
 */
function describeError(error: Error, secrets: Secrets): string {
  const { code } = error as NodeJS.ErrnoException
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const words = error.message || (first instanceof Error ? first.message : '') || error.name || ''
  const text = tryMake(() => excerptOf(words, secrets, MESSAGE_LENGTH), 'an error without words')
  return typeof code === 'string' && CODE.test(code) && !text.includes(code) ? `${text} (${code})` : text
}

/** The failure of a single span. If the limit is the backend's, it includes the backend's message. */
export function tooLarge({ status, message, data }: TooLarge): Failure {
  const why = message === undefined ? '' : `: ${message}`
  return { reason: 'too_large', status, message: `a single span is too large${why}`, data }
}
