// SPDX-License-Identifier: Apache-2.0
import type { Answer } from '../answer/answer.js'
import { verdictOf } from '../answer/verdict.js'
import type { Failed, Outage, Verdict } from '../answer/verdict.js'
import type { TransportClock } from '../clock.js'
import type { Post } from '../connection/connection.js'
import type { Slot, Slots } from '../connection/slots.js'
import type { Failure } from '../exporter-error.js'
import type { Operation } from '../operation.js'
import { internalFailure } from '../redaction/internal-failure.js'
import { Secrets } from '../redaction/secrets.js'
import type { OutgoingRequest } from '../request/pending-request.js'
import type { TransportSettings } from '../transport-settings.js'
import type { Backend } from './backend.js'
import { HedgedRequests } from './hedged-request.js'
import { backoffMillis, parseRetryAfter } from './retry-delay.js'

const NO_CONNECTION: Failure = { reason: 'connection', status: undefined, message: 'no connection in time' }

const SILENT: Failure = { reason: 'timeout', status: undefined, message: 'no answer in time' }

/** The request could not be sent, or the backend was not able to take it. The spans wait until the backend is back. */
export interface Waits {
  readonly kind: 'waits'
  /** Why it was not delivered so far. */
  readonly failure: Failure
  /** Whether that was the last attempt, because the pipeline shuts down. */
  readonly isLast: boolean
}

/** What a request came to in the end. */
export type SentVerdict = Exclude<Verdict, Outage> | Waits

/** The shortest pause between a failed request and the next one, in milliseconds, if no back-off applies. */
const MIN_PAUSE_MILLIS = 100
/** The jitter added to the time that the backend asked for: at most this share of it, and at most this many milliseconds. */
const RETRY_AFTER_JITTER = { share: 0.2, maxMillis: 1000 }

/**
 * Sends one request until it has a final verdict. After an outage it is sent again, in the same slot and within the same
 * deadline. A retry never enters a queue, so nothing can wait for a place that only the retry itself would free.
 */
export class RequestSender {
  readonly #settings: TransportSettings
  readonly #clock: TransportClock
  readonly #random: () => number
  readonly #backend: Backend
  readonly #slots: Pick<Slots, 'closeIdle'>
  readonly #hedged: HedgedRequests

  constructor(
    settings: TransportSettings,
    clock: TransportClock,
    random: () => number,
    parts: { backend: Backend; slots: Pick<Slots, 'closeIdle'> },
  ) {
    this.#settings = settings
    this.#clock = clock
    this.#random = random
    this.#backend = parts.backend
    this.#slots = parts.slots
    this.#hedged = new HedgedRequests(clock, parts.slots)
  }

  /** Settles by the operation's deadline. `onAttempt` is called for each request that is sent. */
  async send(operation: Operation, slot: Slot, request: OutgoingRequest, onAttempt: () => void): Promise<SentVerdict> {
    const { maxAttempts } = this.#settings.retry
    let outage: Outage | undefined
    let notBefore = -Infinity
    let attempt = 0
    const count = (): void => {
      attempt += 1
      onAttempt()
    }
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one request after the other
      const permission = await this.#backend.waitForPermission(operation, notBefore, () => request.letGo())
      if (permission === 'outage') return this.#waits(operation, outage)
      if (permission !== 'go') return this.#ended(operation, permission, outage)
      if (!request.isReady) {
        // oxlint-disable-next-line no-await-in-loop -- one request after the other
        if (!(await request.prepare(operation))) return { kind: 'too-large', status: undefined }
        // Preparing took time, and the backend may have gone down meanwhile.
        continue
      }
      const isClosing = operation.closing.aborted
      const startedAt = this.#clock.now()
      if (operation.isStored) operation.begin(startedAt, startedAt + this.#settings.timeoutMillis)
      count()
      // oxlint-disable-next-line no-await-in-loop -- one request after the other
      const verdict = await this.#post(operation, slot, request, { mayRepeat: () => attempt < maxAttempts, onRepeat: count })
      if (verdict.kind !== 'outage') return verdict
      outage = verdict
      if (!this.#concernsBackend(verdict, slot) && attempt < maxAttempts) {
        request.retry()
        continue
      }
      // The back-off of the probes continues from batch to batch. An operation that is not the prober has its own back-off.
      const isProbing = this.#backend.failed(operation, verdict)
      const failureCount = isProbing ? this.#backend.failureCount : attempt
      const retryAt = this.#retryAt(operation, verdict, startedAt, failureCount)
      if (operation.isStored) return this.#waits(operation, verdict, isClosing)
      if (attempt >= maxAttempts) return asFailed(verdict)
      if (isClosing) return this.#keptOrFailed(operation, verdict)
      if (retryAt === undefined) return this.#storedOrFailed(operation, verdict)
      notBefore = retryAt
      request.retry()
    }
  }

  /**
   * Whether the outage says anything about the backend. It does not if a reused connection broke before a byte of an answer
   * arrived: the other end may have closed it just before, or long ago. The request is then sent again at once on a new
   * connection, which shows the state of the backend. HTTP forbids that for a POST unless the client knows that it is safe
   * (RFC 9110, 9.2.2; RFC 9112, 9.3.1). OTLP says that it is safe: it asks clients to retry after a disconnect without an
   * answer.
   */
  #concernsBackend(outage: Outage, slot: Slot): boolean {
    const { connection } = slot
    const mayBeStale = connection.isReused && connection.isSilent
    // One address may stand for several backends, and the next connection may lead to a healthy one.
    void slot.replace()
    if (outage.status !== undefined || !mayBeStale) return true
    this.#slots.closeIdle()
    return false
  }

  async #post(
    operation: Operation,
    slot: Slot,
    request: OutgoingRequest,
    repeating: { readonly mayRepeat: () => boolean; readonly onRepeat: () => void },
  ): Promise<Verdict | Waits> {
    const post = request.begin()
    const startedAt = this.#clock.now()
    const isProbe = this.#backend.state === 'down'
    const judge = (answer: Answer): Verdict => this.#judge(answer, post)
    const { mayRepeat } = repeating
    // What is sent once more was sent before, whatever became of the last connection.
    let isRepeated = false
    const onRepeat = (): void => {
      isRepeated = true
      repeating.onRepeat()
    }
    const settled = await this.#hedged.send(operation, slot, { post, isProbe, judge, mayRepeat, onRepeat })
    if (settled.status === 'done') {
      request.end(slot.isBodyFree)
      slot.replaceSpent()
      return settled.value
    }
    const { connection } = slot
    const { isSent, isUnreached: isUnreachable } = connection
    const answer = connection.giveUp()
    // The verdict is known, so free what hangs. Aborting is not enough: undici ignores it while a request is queued or connects.
    void slot.replace()
    // The rest of the answer is no longer awaited, but its status decides what became of the spans.
    if (answer !== undefined) return this.#judge(answer, post)
    if (settled.status === 'failed') {
      return { kind: 'failed', ...internalFailure(settled.error, new Secrets(this.#settings, post.headers)) }
    }
    if (settled.status === 'timeout') {
      // Without a connection, the backend is down. Without an answer it may only be slow, so the others need not wait,
      // unless none of them is answered either.
      if (!isSent) this.#backend.failed(operation, { ...NO_CONNECTION, isUnreachable })
      else this.#backend.silent(operation, startedAt, SILENT)
      // The next probe must not connect while this connection is being destroyed.
      this.#backend.holdUntil(operation, this.#clock.now() + MIN_PAUSE_MILLIS)
      // A request that may have arrived is not sent again.
      if (!isSent && !isRepeated) return this.#storedOrFailed(operation, { ...NO_CONNECTION, reason: 'timeout' })
    }
    return asFailed(this.#endedBy(operation, settled.status, isSent || isRepeated ? SILENT.message : NO_CONNECTION.message))
  }

  #judge(answer: Answer, post: Post): Verdict {
    const verdict = verdictOf(answer, this.#settings, post.headers)
    if (verdict.status !== undefined) this.#backend.answered()
    // Only with a status: a refused certificate is not an answer of the backend.
    if (verdict.kind !== 'outage' && verdict.status !== undefined) this.#backend.succeeded()
    return verdict
  }

  /** When to send again; undefined if that would not be within the deadline. */
  #retryAt(operation: Operation, outage: Outage, startedAt: number, failureCount: number): number | undefined {
    const { retry } = this.#settings
    const now = this.#clock.now()
    const asked = parseRetryAfter(outage.retryAfter, this.#clock.wallTime())
    if (asked !== undefined) {
      const jitter = this.#random() * Math.min(asked * RETRY_AFTER_JITTER.share, RETRY_AFTER_JITTER.maxMillis)
      const retryAt = now + asked + (now + asked + jitter <= operation.lastTryAt ? jitter : 0)
      const isInTime = retryAt <= operation.lastTryAt
      // If some proxy is configured to ask for an hour, that must not stop every batch for an hour.
      this.#backend.holdUntil(operation, isInTime ? retryAt : now + Math.min(asked, retry.maxBackoffMillis))
      return isInTime ? retryAt : undefined
    }
    const delayMillis = backoffMillis(retry, failureCount, this.#random)
    // The delay counts from the start of the attempt: an attempt that took long to fail has waited long enough.
    const earliest = now + Math.min(delayMillis, MIN_PAUSE_MILLIS)
    const wanted = Math.max(startedAt + delayMillis, earliest)
    const isInTime = earliest <= operation.lastTryAt
    // The last request of an operation does not wait for the back-off to end, but the next prober does.
    const retryAt = isInTime ? Math.min(wanted, operation.lastTryAt) : wanted
    this.#backend.holdUntil(operation, retryAt)
    return isInTime ? retryAt : undefined
  }

  /** The verdict for an operation that ends without an answer. Its own outage, if any, explains more than the deadline. */
  #ended(operation: Operation, how: 'down' | 'timeout' | 'aborted', own: Outage | undefined): Failed | Waits {
    const { failure, state } = this.#backend
    if (how === 'down') return this.#keptOrFailed(operation, own ?? failure ?? NO_CONNECTION)
    if (how === 'timeout' && (own !== undefined || state === 'down')) {
      return this.#storedOrFailed(operation, own ?? this.#endedBy(operation, how))
    }
    if (operation.endedBy === 'shutdown') return this.#keptOrFailed(operation, own ?? this.#endedBy(operation, how))
    return asFailed(own ?? this.#endedBy(operation, how))
  }

  #endedBy(operation: Operation, how: 'timeout' | 'aborted', what?: string): Failure {
    const { failure } = this.#backend
    if (how === 'timeout') {
      const why = failure === undefined ? '' : `; the backend is down: ${failure.message}`
      return { reason: 'timeout', status: undefined, message: what ?? `not sent in time${why}` }
    }
    const message = operation.endedBy === 'shutdown' ? 'the exporter was shut down first' : 'the caller no longer waits'
    return { reason: operation.endedBy, status: undefined, message }
  }

  /** Spans that could not be sent are stored, if their sender can be told later what has become of them. */
  #storedOrFailed(operation: Operation, failure: Failure): Failed | Waits {
    return operation.mayStore ? this.#waits(operation, failure) : asFailed(failure)
  }

  /** After the last attempt, only what outlives the process is worth storing. */
  #keptOrFailed(operation: Operation, failure: Failure): Failed | Waits {
    const isKept = operation.isStored || (this.#settings.spool !== undefined && operation.mayStore)
    return isKept ? this.#waits(operation, failure, true) : asFailed(failure)
  }

  #waits(operation: Operation, failure: Failure | undefined, isLast = false): Waits {
    return { kind: 'waits', failure: failure ?? this.#backend.failure ?? this.#endedBy(operation, 'timeout'), isLast }
  }
}

function asFailed({ reason, status, message, data }: Failure): Failed {
  return { kind: 'failed', reason, status, message, data }
}
