// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../../config/settings.js'
import { Attempts } from './hedged-request.js'
import type { Backend } from './backend.js'
import { backoffMillis } from './retry-delay.js'
import type { TransportClock } from '../clock.js'
import type { Post } from '../connection/connection.js'
import type { Operation } from '../operation.js'
import type { PendingRequest } from '../request/pending-request.js'
import type { RawOutcome } from '../answer/answer-collector.js'
import { parseRetryAfter } from './retry-after.js'
import type { Slot, Slots } from '../connection/slots.js'
import { verdictOf } from '../answer/verdict.js'
import type { Verdict } from '../answer/verdict.js'

type Outage = Extract<Verdict, { kind: 'outage' }>
type FailedFor = Extract<Verdict, { kind: 'failed' }>

/** How a request ended for good; without a status when it is over our own limit. */
export type Decision = Exclude<Verdict, { kind: 'outage' }> | { readonly kind: 'too-large'; readonly status: undefined }

const NO_CONNECTION = { kind: 'outage', reason: 'connection', status: undefined, message: 'no connection in time' } as const

/** How soon a request may follow one that failed, in milliseconds, where no back-off says so. */
const MIN_PAUSE_MILLIS = 100
/** Beyond what the backend asked for: at most this share of it, and at most this many milliseconds. */
const RETRY_AFTER_JITTER = { share: 0.2, maxMillis: 1000 }

/**
 * Sends one request until it is decided: again after an outage, always in the same slot and within the same deadline.
 * A retry never enters a queue, so that nothing can wait for room which only it would make.
 */
export class RequestSender {
  readonly #settings: Settings
  readonly #clock: TransportClock
  readonly #random: () => number
  readonly #backend: Backend
  readonly #slots: Pick<Slots, 'closeIdle'>
  readonly #attempts: Attempts

  constructor(
    settings: Settings,
    clock: TransportClock,
    random: () => number,
    parts: { backend: Backend; slots: Pick<Slots, 'closeIdle'> },
  ) {
    this.#settings = settings
    this.#clock = clock
    this.#random = random
    this.#backend = parts.backend
    this.#slots = parts.slots
    this.#attempts = new Attempts(clock, parts.slots)
  }

  /** Has settled by the operation's deadline. `onAttempt` is called for each request. */
  async send(operation: Operation, slot: Slot, request: PendingRequest, onAttempt: () => void): Promise<Decision> {
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
      const turn = await this.#backend.turn(operation, notBefore, () => request.letGo())
      if (turn !== 'go') return this.#ended(operation, turn, outage)
      if (!request.isReady) {
        // oxlint-disable-next-line no-await-in-loop -- one request after the other
        if (!(await request.prepare(operation))) return { kind: 'too-large', status: undefined }
        // That took its time, in which the backend may have gone down.
        continue
      }
      const isClosing = operation.closing.aborted
      const startedAt = this.#clock.now()
      count()
      // oxlint-disable-next-line no-await-in-loop -- one request after the other
      const verdict = await this.#attempt(operation, slot, request, { mayRepeat: () => attempt < maxAttempts, onRepeat: count })
      if (verdict.kind !== 'outage') return verdict
      outage = verdict
      if (!this.#isNews(verdict, slot) && attempt < maxAttempts) continue
      // The rhythm of the probing goes on from batch to batch; whoever only met the outage has a rhythm of its own.
      const isProbing = this.#backend.failed(operation, verdict)
      const failureCount = isProbing ? this.#backend.failureCount : attempt
      const retryAt = this.#retryAt(operation, verdict, startedAt, failureCount)
      if (isClosing || attempt >= maxAttempts || retryAt === undefined) return failureOf(verdict)
      notBefore = retryAt
    }
  }

  /**
   * Whether the outage says anything of the backend. It does not if a connection that was kept broke without a byte of
   * an answer: its other end may have closed it just before, or have been gone for long. The request is then sent again at
   * once, on a new connection, which tells how things are. HTTP forbids that for a POST unless the client knows that it is
   * harmless (RFC 9110, 9.2.2; RFC 9112, 9.3.1): OTLP says it is, and asks to send again after a disconnect without a
   * response.
   */
  #isNews(outage: Outage, slot: Slot): boolean {
    const { connection } = slot
    const isKept = connection.isKept && connection.isSilent
    // Behind one address may be several backends, and the next connection may lead to one that is well.
    void slot.replace()
    if (outage.status !== undefined || !isKept) return true
    this.#slots.closeIdle()
    return false
  }

  async #attempt(
    operation: Operation,
    slot: Slot,
    request: PendingRequest,
    repeating: { readonly mayRepeat: () => boolean; readonly onRepeat: () => void },
  ): Promise<Verdict> {
    const post = request.begin()
    const judge = (outcome: RawOutcome): Verdict => this.#judge(outcome, post)
    const settled = await this.#attempts.make(operation, slot, { post, judge, ...repeating })
    if (settled.status === 'done') {
      request.end(slot.isBodyFree)
      slot.replaceSpent()
      return settled.value
    }
    const { connection } = slot
    const { isSent } = connection
    const answer = connection.giveUp()
    // Settled first; now free what hangs. Its signal alone would not: undici ignores it while a request is queued or connects.
    void slot.replace()
    // Nobody waits for the rest of an answer, but its status has said what became of the spans.
    if (answer !== undefined) return this.#judge(answer, post)
    if (settled.status === 'failed') {
      return { kind: 'failed', reason: 'internal', status: undefined, message: String(settled.error) }
    }
    if (settled.status === 'timeout') {
      // Without a connection the backend is down; without an answer it may only be slow, and others need not wait for that.
      if (!isSent) this.#backend.failed(operation, NO_CONNECTION)
      // Whoever probes next does not connect while this connection is taken down.
      this.#backend.holdUntil(operation, this.#clock.now() + MIN_PAUSE_MILLIS)
    }
    return this.#ended(operation, settled.status, undefined, isSent ? 'no answer in time' : NO_CONNECTION.message)
  }

  #judge(answer: RawOutcome, post: Post): Verdict {
    const verdict = verdictOf(answer, this.#settings, post.headers)
    // An answer, that is: a certificate that was refused is none.
    if (verdict.kind !== 'outage' && verdict.status !== undefined) this.#backend.succeeded()
    return verdict
  }

  /** When to send again; undefined when that cannot be within the deadline. */
  #retryAt(operation: Operation, outage: Outage, startedAt: number, failureCount: number): number | undefined {
    const { retry } = this.#settings
    const now = this.#clock.now()
    const asked = parseRetryAfter(outage.retryAfter, this.#clock.wallTime())
    if (asked !== undefined) {
      const jitter = this.#random() * Math.min(asked * RETRY_AFTER_JITTER.share, RETRY_AFTER_JITTER.maxMillis)
      const retryAt = now + asked + (now + asked + jitter <= operation.lastTryAt ? jitter : 0)
      const isInTime = retryAt <= operation.lastTryAt
      // An hour that somebody wrote into a proxy's configuration must not silence every batch of that hour.
      this.#backend.holdUntil(operation, isInTime ? retryAt : now + Math.min(asked, retry.maxBackoffMillis))
      return isInTime ? retryAt : undefined
    }
    const delayMillis = backoffMillis(retry, failureCount, this.#random)
    // Counted from the start of the attempt: one that has waited long for its failure has waited enough.
    const earliest = now + Math.min(delayMillis, MIN_PAUSE_MILLIS)
    const wanted = Math.max(startedAt + delayMillis, earliest)
    const isInTime = earliest <= operation.lastTryAt
    // Its last request does not wait for the back-off to end; whoever probes after that does.
    const retryAt = isInTime ? Math.min(wanted, operation.lastTryAt) : wanted
    this.#backend.holdUntil(operation, retryAt)
    return isInTime ? retryAt : undefined
  }

  /** An outage says more than the deadline that ended it. */
  #ended(operation: Operation, how: 'down' | 'timeout' | 'aborted', own?: Outage, what?: string): FailedFor {
    const { outage } = this.#backend
    if (own !== undefined) return failureOf(own)
    if (how === 'down' && outage !== undefined) return failureOf(outage)
    if (how === 'timeout') {
      const why = outage === undefined ? '' : `; the backend is down: ${outage.message}`
      return { kind: 'failed', reason: 'timeout', status: undefined, message: what ?? `no turn in time${why}` }
    }
    const message = operation.endedBy === 'shutdown' ? 'shut down first' : 'no longer wanted'
    return { kind: 'failed', reason: operation.endedBy, status: undefined, message }
  }
}

function failureOf({ reason, status, message, data }: Omit<Outage, 'kind' | 'retryAfter'>): FailedFor {
  return { kind: 'failed', reason, status, message, data }
}
