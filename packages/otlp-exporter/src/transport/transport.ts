// SPDX-License-Identifier: Apache-2.0
import { DetachedScope, bounded } from '@spanring/core'
import type { Bound, Deadline } from '@spanring/core'
import type { Settings } from '../config/settings.js'
import { warnLater } from '../warn.js'
import { AnswerWarnings } from './answer/answer-warnings.js'
import { Backend } from './retry/backend.js'
import { BatchSender } from './batch-sender.js'
import { transportClock } from './clock.js'
import type { TransportClock } from './clock.js'
import { LimitedWarning } from './limited-warning.js'
import { Operation } from './operation.js'
import { Outcome } from './batch-tally.js'
import type { SendOutcome } from './batch-tally.js'
import { whyNoParser } from './connection/parser-check.js'
import type { SendableBatch } from './request/pending-request.js'
import { RequestHeaders } from './request/request-headers.js'
import { RequestSender } from './retry/request-sender.js'
import { Slots } from './connection/slots.js'
import { callHook } from './transport-hooks.js'
import type { TransportHooks } from './transport-hooks.js'

/** What tests replace. */
export interface Internals {
  readonly clock?: TransportClock
  /** Draws from 0 to 1, for jitter. */
  readonly random?: () => number
}

/** How long `shutdown` waits for destroyed sockets to be gone, in milliseconds; a turn of the event loop is enough. */
const DESTROY_LIMIT_MILLIS = 250

/**
 * Carries encoded batches to an OTLP backend. Every batch has one deadline over everything and one outcome, which is a
 * value: nothing here throws or rejects. Nothing is shared with the application: connections, context, timers are ours.
 */
export class Transport {
  readonly #settings: Settings
  readonly #clock: TransportClock
  readonly #hooks: TransportHooks
  readonly #scope = new DetachedScope()
  readonly #backend: Backend
  readonly #slots: Slots
  readonly #sender: BatchSender
  readonly #active = new Map<Operation, Promise<SendOutcome>>()
  /** Why nothing can be sent from this process; undefined as a rule. */
  readonly #obstacle: string | undefined
  #shutdown: Promise<void> | undefined

  constructor(settings: Settings, hooks: TransportHooks = {}, internals: Internals = {}) {
    const { clock = transportClock, random = Math.random } = internals
    this.#settings = settings
    this.#clock = clock
    this.#hooks = hooks
    this.#obstacle = settings.dispatcher === undefined ? whyNoParser() : undefined
    if (this.#obstacle !== undefined) {
      warnLater(
        `no span can be sent from this process: undici needs WebAssembly to read answers, and cannot have it (${this.#obstacle}). ` +
          'Start Node.js without --jitless and with a higher ulimit -v; until then every span counts as no_webassembly',
      )
    }
    this.#backend = new Backend(clock, (change) => callHook(hooks, 'onBackendChange', change))
    this.#slots = new Slots(settings, clock, random)
    this.#sender = new BatchSender(settings, clock, {
      slots: this.#slots,
      headers: new RequestHeaders(settings, clock, new LimitedWarning(clock)),
      sender: new RequestSender(settings, clock, random, { backend: this.#backend, slots: this.#slots }),
      warnings: new AnswerWarnings(settings.endpoint.printable, clock),
    })
  }

  /**
   * Sends a batch; the caller releases it afterwards. Never rejects, and settles by `deadline.at` or when
   * `timeoutMillis` have passed, whichever is earlier. After `shutdown` it answers at once, without the network.
   */
  sendBatch(batch: SendableBatch, deadline: Deadline): Promise<SendOutcome> {
    const outcome = new Outcome(batch.spanCount, this.#settings.endpoint.printable, () => callHook(this.#hooks, 'onAttempt'))
    callHook(this.#hooks, 'onStart', batch.spanCount)
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      outcome.fail(batch.spanCount, { ...refusal, status: undefined })
      return Promise.resolve(this.#end(outcome, this.#clock.now()))
    }
    const now = this.#clock.now()
    const operation = new Operation(now, Math.min(deadline.at, now + this.#settings.timeoutMillis), deadline)
    const sent = this.#scope.run(() => this.#send(operation, batch, outcome))
    this.#active.set(operation, sent)
    return sent
  }

  /** Whether every batch that was handed over before this call had its outcome in time. */
  async idle(bound: Bound): Promise<boolean> {
    const { status } = await bounded(this.#clock, { keepAlive: true, ...bound }, () => Promise.all(this.#active.values()))
    return status === 'done'
  }

  /**
   * Ends back-offs with one last try, waits for what is under way, then destroys every connection. What had no outcome
   * by then counts as failed, with the reason `shutdown`. The second call returns the same promise.
   */
  shutdown(bound: Bound): Promise<void> {
    this.#shutdown ??= this.#scope.run(() => this.#shutDown(bound))
    return this.#shutdown
  }

  /** Why a batch fails at once. */
  #refusal(): { reason: 'already_shutdown' | 'no_webassembly'; message: string } | undefined {
    if (this.#shutdown !== undefined) return { reason: 'already_shutdown', message: 'the exporter is shut down' }
    if (this.#obstacle === undefined) return undefined
    return { reason: 'no_webassembly', message: `nothing can be sent without WebAssembly (${this.#obstacle})` }
  }

  async #shutDown(bound: Bound): Promise<void> {
    for (const operation of this.#active.keys()) operation.close()
    await this.idle(bound)
    for (const operation of this.#active.keys()) operation.shutDown()
    const at = this.#clock.now() + DESTROY_LIMIT_MILLIS
    await bounded(this.#clock, { at, keepAlive: true }, () => Promise.all([...this.#active.values(), this.#slots.destroyAll()]))
  }

  async #send(operation: Operation, batch: SendableBatch, outcome: Outcome): Promise<SendOutcome> {
    const startedAt = this.#clock.now()
    try {
      await this.#sender.send(operation, batch, outcome)
    } catch (error) {
      outcome.fail(outcome.openCount, { reason: 'internal', status: undefined, message: String(error) })
    }
    operation.finish()
    this.#active.delete(operation)
    this.#backend.leave(operation, outcome.failedCount)
    return this.#end(outcome, startedAt)
  }

  #end(outcome: Outcome, startedAt: number): SendOutcome {
    const result = outcome.result()
    callHook(this.#hooks, 'onEnd', {
      spanCount: outcome.spanCount,
      exported: result.exported,
      failed: result.failed,
      durationMillis: this.#clock.now() - startedAt,
      attemptCount: outcome.attemptCount,
      statusCode: outcome.statusCode,
      errorType: outcome.errorType,
    })
    return result
  }
}
