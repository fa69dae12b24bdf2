// SPDX-License-Identifier: Apache-2.0
import type { AnswerWarnings } from '../answer/answer-warnings.js'
import { tooLarge } from '../answer/verdict.js'
import type { BatchTally } from '../batch-tally.js'
import type { TransportClock } from '../clock.js'
import type { Post } from '../connection/connection.js'
import type { Slots } from '../connection/slots.js'
import type { Failure } from '../exporter-error.js'
import type { Operation } from '../operation.js'
import { internalFailure } from '../redaction/internal-failure.js'
import { Secrets } from '../redaction/secrets.js'
import { BodyCompressor } from '../request/body-compressor.js'
import type { Codecs } from '../request/body-compressor.js'
import type { OutgoingRequest } from '../request/pending-request.js'
import type { RequestHeaders } from '../request/request-headers.js'
import type { Backend } from '../retry/backend.js'
import type { RequestSender, SentVerdict, Waits } from '../retry/request-sender.js'
import { backoffMillis } from '../retry/retry-delay.js'
import type { HeaderTexts, TransportSettings } from '../transport-settings.js'
import { decompress } from './decompress.js'
import { halveRequest } from './halve-request.js'
import type { StoredBody } from './stored-request.js'

export interface StoredRequestSenderParts {
  readonly backend: Backend
  readonly slots: Slots
  readonly headers: RequestHeaders
  readonly sender: RequestSender
  readonly warnings: AnswerWarnings
  readonly codecs?: Codecs | undefined
}

/** What became of a stored request. */
export type StoredVerdict =
  | Waits
  /** The backend does not take it in one piece. */
  | { readonly kind: 'too-large'; readonly halves: readonly StoredHalf[] }
  /** Every span is in the tally. */
  | { readonly kind: 'done' }

type StoredHalf = StoredBody & { readonly spanCount: number }

const DONE: StoredVerdict = { kind: 'done' }
const BUSY: Failure = { reason: 'timeout', status: undefined, message: 'every connection was busy' }

/**
 * Sends a stored request once the backend may be tried. Its headers are made only then: those of the time when it was stored
 * may have expired.
 */
export class StoredRequestSender {
  readonly #settings: TransportSettings
  readonly #clock: TransportClock
  readonly #parts: StoredRequestSenderParts
  readonly #compressor: BodyCompressor
  /** How often the application's `headers` function has failed in a row, and when it is asked again. */
  readonly #headers = { failures: 0, askAt: -Infinity }

  constructor(settings: TransportSettings, clock: TransportClock, parts: StoredRequestSenderParts) {
    this.#settings = settings
    this.#clock = clock
    this.#parts = parts
    this.#compressor = new BodyCompressor(clock, settings.compression, parts.codecs)
  }

  /** Never rejects. If the request still waits, or has to be halved, no span is in the tally; otherwise every one is. */
  async send(operation: Operation, body: StoredBody, tally: BatchTally): Promise<StoredVerdict> {
    const { backend, headers, slots } = this.#parts
    const permission = await backend.waitForPermission(operation, this.#headers.askAt, () => {})
    if (permission !== 'go') return waits(operation, backend.failure ?? BUSY)
    // From now on it is an attempt, with a deadline.
    const now = this.#clock.now()
    operation.begin(now, now + this.#settings.timeoutMillis)
    const made = await headers.resolve(operation)
    // Nothing was sent, and a token service may be down together with the backend.
    if (made.kind === 'failed') return this.#waitsForHeaders(operation, made)
    this.#headers.failures = 0
    const slot = await slots.acquire(operation)
    if (slot === undefined) return waits(operation, BUSY)
    try {
      const { compression } = this.#settings
      const post = { ...made.values, 'content-type': body.contentType }
      const request = new WaitingRequest(this.#compressor, compression, body, post, this.#parts.codecs)
      const verdict = await this.#parts.sender.send(operation, slot, request, () => tally.attempt())
      return await this.#conclude(verdict, body, tally)
    } catch (error) {
      tally.fail(tally.openCount, internalFailure(error, new Secrets(this.#settings, made.values)))
    } finally {
      slots.release(slot)
    }
    return DONE
  }

  #waitsForHeaders(operation: Operation, failure: Failure): Waits {
    this.#headers.failures += 1
    this.#headers.askAt = this.#clock.now() + backoffMillis(this.#settings.retry, this.#headers.failures, () => 1)
    return waits(operation, failure)
  }

  async #conclude(verdict: SentVerdict, body: StoredBody, tally: BatchTally): Promise<StoredVerdict> {
    const { spanCount } = tally
    if (verdict.kind === 'waits') return verdict
    if (verdict.kind === 'failed') tally.fail(spanCount, verdict)
    else if (verdict.kind === 'accepted') {
      tally.accept(spanCount, verdict.status, verdict.partial)
      this.#parts.warnings.warnAbout(spanCount, verdict)
    } else if (spanCount > 1) return { kind: 'too-large', halves: await halvesOf(body, this.#parts.codecs) }
    else tally.fail(1, tooLarge(verdict))
    return DONE
  }
}

/** A stored request on its way. Its body is sent as it was stored, if the backend is meant to get it compressed like that. */
class WaitingRequest implements OutgoingRequest {
  readonly #compressor: BodyCompressor
  readonly #compression: TransportSettings['compression']
  readonly #body: StoredBody
  readonly #headers: HeaderTexts
  readonly #codecs: Codecs | undefined
  #post: Post | undefined

  constructor(
    compressor: BodyCompressor,
    compression: TransportSettings['compression'],
    body: StoredBody,
    headers: HeaderTexts,
    codecs: Codecs | undefined,
  ) {
    this.#codecs = codecs
    this.#compressor = compressor
    this.#compression = compression
    this.#body = body
    this.#headers = headers
  }

  get isReady(): boolean {
    return this.#post !== undefined
  }

  async prepare(operation: Operation): Promise<boolean> {
    const { bytes, encoding } =
      this.#body.encoding === this.#compression
        ? this.#body
        : await this.#compressor.compress(operation, await decompress(this.#body, this.#codecs))
    const encoded = encoding === undefined || encoding === 'none' ? {} : { 'content-encoding': encoding }
    this.#post = { body: bytes, headers: { ...this.#headers, ...encoded } }
    return true
  }

  begin(): Post {
    if (this.#post === undefined) throw new Error('the request is not ready')
    return this.#post
  }

  /** The memory is not used for anything else, so it does not matter when it is read. */
  end(): void {}

  retry(): void {}

  letGo(): void {
    this.#post = undefined
  }
}

async function halvesOf(body: StoredBody, codecs: Codecs | undefined): Promise<StoredHalf[]> {
  const { contentType } = body
  const parts = halveRequest(await decompress(body, codecs), contentType)
  return parts.map((part) => ({ ...part, encoding: 'none', contentType }))
}

function waits(operation: Operation, failure: Failure): Waits {
  return { kind: 'waits', failure, isLast: operation.closing.aborted || operation.signal.aborted }
}
