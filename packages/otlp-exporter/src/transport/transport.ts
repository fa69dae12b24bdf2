// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { DetachedContext, bounded } from '@spanring/core'
import type { Bound } from '@spanring/core'
import type { BatchTransport } from '../batch-transport.js'
import type { BatchOutcome, SendDeadline } from '../span-batch.js'
import { warnLater } from '../warn.js'
import type { SpoolParts } from '../spool/spool.js'
import { AnswerWarnings } from './answer/answer-warnings.js'
import { BatchSender } from './batch-sender.js'
import { BatchTally } from './batch-tally.js'
import { transportClock } from './clock.js'
import type { TransportClock } from './clock.js'
import { whyNoParser } from './connection/parser-check.js'
import { bareConnector } from './connection/bare-connection.js'
import type { BareConnect } from './connection/bare-connection.js'
import type { OpenConnection } from './connection/connection.js'
import { Slots } from './connection/slots.js'
import type { Failure } from './exporter-error.js'
import { Operation } from './operation.js'
import type { Codecs } from './request/body-compressor.js'
import type { SendableBatch } from './request/pending-request.js'
import { RequestHeaders } from './request/request-headers.js'
import { Backend } from './retry/backend.js'
import { RequestSender } from './retry/request-sender.js'
import { callHook, endExport } from './transport-hooks.js'
import type { TransportHooks } from './transport-hooks.js'
import { StoredRequests, storeAfterMillis } from './store/stored-requests.js'
import type { TransportSettings } from './transport-settings.js'

/** What tests can replace. */
export interface Internals {
  readonly clock?: TransportClock
  /** Draws from 0 to 1, for jitter. */
  readonly random?: () => number
  readonly spool?: Pick<SpoolParts, 'disk' | 'processes' | 'ownerId' | 'formerOwner'>
  /** Opens the bare connections by which a backend that could not be connected to is found again. */
  readonly connect?: BareConnect
  readonly open?: OpenConnection
  readonly codecs?: Codecs
}

/** A batch without an outcome. */
interface ActiveBatch {
  readonly batch: SendableBatch
  readonly tally: BatchTally
  readonly startedAt: number
  sent: Promise<unknown>
}

/** How long `shutdown` waits for destroyed sockets to close, in milliseconds. One iteration of the event loop is enough. */
const DESTROY_LIMIT_MILLIS = 250

/**
 * Sends encoded batches to an OTLP backend. Every batch has one deadline that covers everything, and one outcome. The outcome
 * is always a value: nothing here throws or rejects. Nothing is shared with the application: connections, context and timers
 * are our own.
 */
export class Transport implements BatchTransport {
  readonly #settings: TransportSettings
  readonly #clock: TransportClock
  readonly #hooks: TransportHooks
  readonly #context = new DetachedContext(ROOT_CONTEXT, AsyncLocalStorage.snapshot())
  readonly #backend: Backend
  readonly #slots: Slots
  readonly #sender: BatchSender
  readonly #stored: StoredRequests
  readonly #active = new Map<Operation, ActiveBatch>()
  /** Why nothing can be sent from this process; usually undefined. */
  readonly #obstacle: string | undefined
  #shutdownPromise: Promise<void> | undefined

  constructor(settings: TransportSettings, hooks: TransportHooks = {}, internals: Internals = {}) {
    const { clock = transportClock, random = Math.random, connect = bareConnector(settings), spool } = internals
    this.#settings = settings
    this.#clock = clock
    this.#hooks = hooks
    this.#obstacle = settings.dispatcher === undefined ? whyNoParser() : undefined
    if (this.#obstacle !== undefined) {
      warnLater(
        `no span can be sent from this process: undici needs WebAssembly to read answers, but it is not available (${this.#obstacle}). ` +
          'Start Node.js without --jitless and with a higher ulimit -v; until then every span counts as no_webassembly',
      )
    }
    const backend = new Backend(clock, (change) => callHook(hooks, 'onBackendChange', change), {
      random,
      connect,
      storeAfterMillis: storeAfterMillis(settings),
    })
    const slots = new Slots(settings, clock, random, internals.open)
    const parts = {
      backend,
      slots,
      headers: new RequestHeaders(settings, clock),
      sender: new RequestSender(settings, clock, random, { backend, slots }),
      warnings: new AnswerWarnings(settings.endpoint.printable, clock),
      codecs: internals.codecs,
    }
    this.#stored = new StoredRequests(settings, clock, {
      ...parts,
      tallyOf: (spanCount) => this.#newTally(spanCount),
      spool: { ...spool, random },
      onInherited: (outcome) => callHook(hooks, 'onInherited', outcome),
    })
    this.#backend = backend
    this.#slots = slots
    this.#sender = new BatchSender(settings, clock, { ...parts, store: this.#stored.store })
  }

  /** Names what this transport writes to disk; undefined without a spool. */
  get spoolOwner(): string | undefined {
    return this.#stored.ownerId
  }

  /** Looks for what earlier processes have left, without waiting for the first batch. */
  startInheriting(): void {
    this.#context.run(() => this.#stored.start())
  }

  /** Sends no stored request any more but those that are on their way. */
  stopStored(): void {
    this.#stored.stop()
  }

  sendBatch(batch: SendableBatch, deadline: SendDeadline): Promise<BatchOutcome> {
    callHook(this.#hooks, 'onStart', batch.spanCount)
    return this.sendStarted(batch, deadline, this.#clock.now())
  }

  /**
   * As `sendBatch`, for a batch that was handed over at `startedAt`, before there was a transport: its time runs from then on,
   * and the caller has called `onStart` for it.
   */
  sendStarted(batch: SendableBatch, deadline: SendDeadline, startedAt: number): Promise<BatchOutcome> {
    const tally = this.#newTally(batch.spanCount)
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      tally.fail(batch.spanCount, refusal)
      return Promise.resolve(this.#end(batch, tally, startedAt))
    }
    const { timeoutMillis, maxStoredMillis, spool } = this.#settings
    this.#stored.start()
    const storesNone = maxStoredMillis === 0 && spool === undefined
    const ours = storesNone ? { ...deadline, onStoredOutcome: undefined } : deadline
    const operation = new Operation(startedAt, Math.min(deadline.at, startedAt + timeoutMillis), ours)
    const active: ActiveBatch = { batch, tally, startedAt, sent: Promise.resolve() }
    this.#active.set(operation, active)
    const sent = this.#context.run(() => this.#send(operation, active))
    active.sent = sent
    return sent
  }

  /** Resolves to true if every batch that was handed over before this call got its outcome within the bound. */
  async idle(bound: Bound): Promise<boolean> {
    const { status } = await bounded(this.#clock, { keepAlive: true, ...bound }, () => Promise.all(this.#sent()))
    return status === 'done'
  }

  /**
   * For the `exit` event of a process, in which nothing can be awaited: puts on disk what waits and what has no answer, and gives
   * every batch its outcome. What waited for an answer may be delivered twice. Returns how many batches and stored requests that
   * were.
   */
  keepNow(): number {
    const failure: Failure = { reason: 'shutdown', status: undefined, message: 'the process ended first' }
    let count = 0
    for (const [operation, { batch, tally, startedAt }] of this.#active) {
      // What cannot be stored, or was given up before, has failed, and makes room as well.
      if (!this.#sender.storeNow(operation, failure)) tally.fail(tally.openCount, failure)
      count += 1
      this.#active.delete(operation)
      operation.deadline.onOutcome?.(this.#end(batch, tally, startedAt))
      // Of the export thread the event loop goes on, and nothing more must leave.
      operation.abandon()
    }
    return count + this.#stored.keepNow(failure)
  }

  /** Whatever is stored makes its last attempt now. */
  endStoredBackOffs(): void {
    this.#stored.endBackOffs()
  }

  shutdown(bound: Bound): Promise<void> {
    this.#shutdownPromise ??= this.#context.run(() => this.#runShutdown(bound))
    return this.#shutdownPromise
  }

  #newTally(spanCount: number): BatchTally {
    return new BatchTally(spanCount, this.#settings.endpoint.printable, () => callHook(this.#hooks, 'onAttempt'))
  }

  /** Why a batch fails at once; undefined if it can be sent. */
  #refusal(): Failure | undefined {
    if (this.#shutdownPromise !== undefined)
      return { reason: 'already_shutdown', status: undefined, message: 'the exporter is shut down' }
    if (this.#obstacle === undefined) return undefined
    const message = `nothing can be sent without WebAssembly (${this.#obstacle})`
    return { reason: 'no_webassembly', status: undefined, message }
  }

  async #runShutdown(bound: Bound): Promise<void> {
    this.#backend.close()
    for (const operation of this.#active.keys()) operation.endBackOff()
    const lastAttempts = this.#stored.settle(bound)
    await this.idle(bound)
    for (const operation of this.#active.keys()) operation.abandon()
    await lastAttempts
    const at = this.#clock.now() + DESTROY_LIMIT_MILLIS
    await bounded(this.#clock, { at, keepAlive: true }, () => Promise.all([...this.#sent(), this.#slots.destroyAll()]))
    // Not earlier: a batch whose last attempt fails is put into the store.
    await this.#stored.close()
  }

  async #send(operation: Operation, { batch, tally, startedAt }: ActiveBatch): Promise<BatchOutcome> {
    await this.#sender.send(operation, batch, tally)
    operation.detach()
    this.#backend.leave(operation, tally.failedCount)
    // What `keepNow` has settled was told then, and its process ends.
    if (!this.#active.delete(operation)) return tally.outcome()
    return this.#end(batch, tally, startedAt)
  }

  #sent(): Promise<unknown>[] {
    return Array.from(this.#active.values(), ({ sent }) => sent)
  }

  #end(batch: SendableBatch, tally: BatchTally, startedAt: number): BatchOutcome {
    return endExport(this.#hooks, batch, tally, this.#clock.now() - startedAt)
  }
}
