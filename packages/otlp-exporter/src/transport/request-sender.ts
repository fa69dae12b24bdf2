// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config/settings.js'
import type { Backend } from './backend.js'
import { backoffMillis } from './backoff.js'
import { bounded } from './bounded.js'
import type { Clock } from './clock.js'
import type { Post } from './connection.js'
import type { FailureReason } from './exporter-error.js'
import type { Operation } from './operation.js'
import { parseRetryAfter } from './retry-after.js'
import type { Slot } from './slots.js'
import { verdictOf } from './verdict.js'
import type { Verdict } from './verdict.js'

/** How a request ended for good. */
export type Decision =
  | Exclude<Verdict, { kind: 'outage' }>
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly status: number | undefined; readonly message: string }

type Outage = Extract<Verdict, { kind: 'outage' }>

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
  readonly #clock: Clock
  readonly #random: () => number
  readonly #backend: Backend

  constructor(settings: Settings, clock: Clock, random: () => number, backend: Backend) {
    this.#settings = settings
    this.#clock = clock
    this.#random = random
    this.#backend = backend
  }

  /** Never rejects, and has settled by the operation's deadline. */
  async send(operation: Operation, slot: Slot, post: Post, onAttempt: () => void): Promise<Decision> {
    let outage: Outage | undefined
    let notBefore = -Infinity
    for (let attempt = 1; ; attempt++) {
      // oxlint-disable-next-line no-await-in-loop -- one request after the other
      const turn = await this.#backend.turn(operation, notBefore)
      if (turn !== 'go') return this.#ended(operation, turn, outage)
      const isLastTry = operation.closing.aborted || attempt >= this.#settings.retry.maxAttempts
      const startedAt = this.#clock.now()
      onAttempt()
      // oxlint-disable-next-line no-await-in-loop -- one request after the other
      const verdict = await this.#attempt(operation, slot, post)
      if (verdict.kind !== 'outage') return verdict
      outage = verdict
      // The other side had closed a connection that nobody used; the next one is new, and tells how things are.
      if (verdict.reason === 'connection' && slot.connection.wasIdle && attempt < this.#settings.retry.maxAttempts) continue
      // The rhythm of the probing goes on from batch to batch; whoever only met the outage has a rhythm of its own.
      const isProbing = this.#backend.failed(operation, verdict.message)
      const failureCount = isProbing ? this.#backend.failureCount : attempt
      const retryAt = this.#retryAt(operation, verdict, startedAt, failureCount)
      if (isLastTry || retryAt === undefined) return failureOf(verdict)
      notBefore = retryAt
    }
  }

  async #attempt(operation: Operation, slot: Slot, post: Post): Promise<Verdict> {
    const { connection } = slot
    const settled = await bounded(this.#clock, operation, () => connection.post(post))
    if (settled.status === 'done') {
      const verdict = verdictOf(settled.value, this.#settings.maxResponseBytes)
      // An answer, that is: a certificate that was refused is none.
      if (verdict.kind !== 'outage' && verdict.status !== undefined) this.#backend.succeeded()
      return verdict
    }
    // Settled first; now free what hangs. Its signal alone would not: undici ignores it while a request is queued or connects.
    const { isSent } = connection
    void slot.replace()
    if (settled.status === 'failed') {
      return { kind: 'failed', reason: 'internal', status: undefined, message: String(settled.error) }
    }
    if (settled.status === 'timeout') {
      // Without a connection the backend is down; without an answer it may only be slow, and others need not wait for that.
      if (!isSent) this.#backend.failed(operation, 'no connection in time')
      // Whoever probes next does not connect while this connection is taken down.
      this.#backend.holdUntil(operation, this.#clock.now() + MIN_PAUSE_MILLIS)
    }
    return this.#ended(operation, settled.status, undefined, isSent ? 'no answer in time' : 'no connection in time')
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
  #ended(operation: Operation, how: 'timeout' | 'aborted', outage?: Outage, what?: string): Decision {
    if (outage !== undefined) return failureOf(outage)
    if (how === 'timeout') {
      const { lastFailure } = this.#backend
      const message = what ?? (lastFailure === '' ? 'no turn in time' : `no turn in time; the backend is down: ${lastFailure}`)
      return { kind: 'failed', reason: 'timeout', status: undefined, message }
    }
    const message = operation.endedBy === 'shutdown' ? 'shut down first' : 'no longer wanted'
    return { kind: 'failed', reason: operation.endedBy, status: undefined, message }
  }
}

function failureOf({ reason, status, message }: Outage): Decision {
  return { kind: 'failed', reason, status, message }
}
