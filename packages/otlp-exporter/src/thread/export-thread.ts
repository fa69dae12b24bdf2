// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { type Bound, type Clock, DetachedContext, bounded, systemClock } from '@spanring/core'
import type { BatchTransport } from '../batch-transport.js'
import type { EncodedBatch } from '../encode/encoded-batch.js'
import { BETWEEN_PARTS, IN_REQUEST } from '../shared-memory/slab.js'
import type { BatchOutcome, SendDeadline } from '../span-batch.js'
import { Operation } from '../transport/operation.js'
import { callHook } from '../transport/transport-hooks.js'
import { ApplicationHeaders } from './application-headers.js'
import { ExtraBatches } from './extra-batches.js'
import type { ExportThreadParts } from './export-thread-parts.js'
import { GIVEN_UP, HandedBatch, LOST, refuse, settleAll } from './handed-batch.js'
import type { EndedExport } from './handed-batch.js'
import { processMillis } from './process-clock.js'
import { readHandedBack, writeBatch } from './slab-layout.js'
import type { ThreadHandle } from './thread-handle.js'
import { LentBatches } from './lent-batches.js'
import { StoredBatches } from './stored-batches.js'
import type { BELL, FromThread } from './messages.js'
import { ThreadAtExit } from './thread-at-exit.js'
import { ThreadReports } from './thread-reports.js'
import { ThreadSupervisor } from './thread-supervisor.js'

/** The thread settles a batch by its deadline. Its report may take this much longer to arrive, in milliseconds. */
const GRACE_MILLIS = 25
/** A thread that still has a batch this long after its deadline, in milliseconds, is taken to hang. */
const HUNG_MILLIS = 5000

/**
 * Sends batches from a thread of their own. This is the application's side: it hands slabs over, takes them back, and keeps
 * track of the batches that the thread has. The thread is started when the first batch is opened.
 *
 * What cannot be given to another thread stays on this side: functions that make headers, hooks and warnings are called here.
 * Every batch settles by its deadline, even if the thread is gone.
 */
export class ExportThread implements BatchTransport {
  readonly #parts: ExportThreadParts
  readonly #clock: Clock
  readonly #processMillis: () => number
  readonly #context = new DetachedContext(ROOT_CONTEXT, AsyncLocalStorage.snapshot())
  readonly #headers: ApplicationHeaders
  readonly #supervisor: ThreadSupervisor
  readonly #reports: ThreadReports
  readonly #stored: StoredBatches
  readonly #extra: ExtraBatches
  /** For the end of the process. */
  readonly atExit: ThreadAtExit
  readonly #batches: LentBatches
  /** Sends in place of the thread, once that is given up. */
  #local: BatchTransport | undefined
  #nextId = 1
  #shutdownPromise: Promise<void> | undefined
  #shutdownBound: Bound | undefined

  constructor(parts: ExportThreadParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
    this.#processMillis = parts.processMillis ?? processMillis
    this.#batches = new LentBatches(this.#clock)
    this.#headers = new ApplicationHeaders(parts.settings, this.#clock)
    this.#extra = new ExtraBatches(parts.settings)
    this.#reports = new ThreadReports(this.#clock, parts.hooks)
    this.#stored = new StoredBatches(parts.settings.endpoint.printable, (group) => {
      this.#supervisor.thread?.post({ type: 'stored-closing', group })
    })
    this.#supervisor = new ThreadSupervisor(
      { ...parts, clock: this.#clock, processMillis: this.#processMillis },
      {
        onBell: () => this.poll(),
        onMessage: (thread, message) => this.#onMessage(thread, message),
        onDeath: (dead) => this.#onDeath(dead),
        onRestart: () => this.#handOverAll(),
        onGivenUp: () => this.#sendAllLocally(),
      },
    )
    this.atExit = new ThreadAtExit({
      batches: this.#batches,
      stored: this.#stored,
      headers: this.#headers,
      reports: this.#reports,
      supervisor: this.#supervisor,
      poll: () => this.poll(),
      handOverAll: () => this.#handOverAll(),
      handOver: (handed) => this.#handOver(handed),
      keepLocally: () => this.#local?.keepNow?.() ?? 0,
      spools: parts.settings.spool !== undefined,
      failWithoutHeaders: (handed) => this.#giveUp(handed, 'headers'),
    })
  }

  sendBatch(batch: EncodedBatch, deadline: SendDeadline): Promise<BatchOutcome> {
    const { hooks, settings, memory } = this.#parts
    callHook(hooks, 'onStart', batch.spanCount)
    if (this.#local !== undefined) return this.#local.sendBatch(batch, deadline)
    // An empty batch has no slab that could be handed over.
    if (batch.spanCount === 0 || this.#shutdownPromise !== undefined) return refuse(batch.spanCount, settings, hooks)
    const startedAt = this.#clock.now()
    const operation = new Operation(startedAt, Math.min(deadline.at, startedAt + settings.timeoutMillis), deadline)
    const handed = new HandedBatch({
      id: (this.#nextId = (this.#nextId + 1) | 0),
      batch,
      slab: memory.slabOf(batch.parts.buffer),
      operation,
      deadline,
      startedAt,
      where: settings.endpoint.printable,
      onSettled: (outcome, finished) => this.#onSettled(handed, outcome, finished),
    })
    this.#batches.add(handed)
    this.#extra.onSend(operation.at - startedAt)
    return this.#context.run(() => this.#send(handed))
  }

  shutdown(bound: Bound): Promise<void> {
    this.#shutdownBound ??= bound
    this.#shutdownPromise ??= this.#context.run(() => this.#runShutdown(bound))
    return this.#shutdownPromise
  }

  extraBatches(): number {
    if (this.#local !== undefined) return 0
    const { oldest } = this.#batches
    return this.#extra.count(this.#reports.isDown, oldest === undefined ? 0 : this.#clock.now() - oldest.startedAt)
  }

  prepare(): void {
    this.#context.run(() => this.#supervisor.startSoon())
  }

  /** Takes back the slabs that the thread has given back, and reports their outcomes to the hooks. */
  poll(): void {
    const { thread } = this.#supervisor
    if (thread !== undefined) this.#takeFrom(thread)
  }

  /** The encoder has given a slab up. */
  forget(slabNumber: number): void {
    this.#supervisor.thread?.forget(slabNumber)
  }

  async #send(handed: HandedBatch): Promise<BatchOutcome> {
    if (this.#headers.isReady(handed)) this.#handOver(handed)
    else if (!this.atExit.hasBegun) void this.#resolveHeaders(handed)
    const { operation } = handed
    const bound = { at: operation.at + GRACE_MILLIS, signal: operation.signal }
    const onClosing = (): void => this.#supervisor.thread?.post({ type: 'closing', id: handed.id })
    operation.closing.addEventListener('abort', onClosing)
    const settled = await bounded(this.#clock, bound, () => handed.outcome)
    operation.closing.removeEventListener('abort', onClosing)
    operation.detach()
    // What the thread has given back counts, even if its bell has not arrived.
    if (settled.status !== 'done') this.poll()
    if (handed.isSettled || handed.isElsewhere) return handed.outcome
    this.#giveUp(handed, settled.status === 'aborted' ? operation.endedBy : 'timeout')
    return handed.outcome
  }

  /** Settles a batch that has no outcome. The thread, if it has the batch, keeps the slab until it gives it back. */
  #giveUp(handed: HandedBatch, reason: keyof typeof GIVEN_UP): void {
    handed.fail({ reason, status: undefined, message: GIVEN_UP[reason] })
    if (!handed.isWithThread) return this.#batches.takeBack(handed, true)
    this.#supervisor.thread?.post({ type: 'abort', id: handed.id })
    const endHung = (): void => this.#clock.soon(() => this.#endHung(handed), false)
    handed.hungTimer = this.#clock.startTimer(endHung, HUNG_MILLIS)
  }

  /** A thread that does not even give back an aborted batch would keep the slab, and its memory, for ever. */
  #endHung(handed: HandedBatch): void {
    this.poll()
    if (this.#batches.has(handed)) void this.#supervisor.thread?.terminate()
  }

  async #resolveHeaders(handed: HandedBatch): Promise<void> {
    const failed = await this.#headers.resolve(handed)
    // Meanwhile it was handed over, given up, or sent from this thread.
    if (handed.isWithThread || handed.isSettled || handed.isElsewhere) return
    if (failed === undefined) return this.#handOver(handed)
    handed.fail(failed)
    this.#batches.takeBack(handed, true)
  }

  #handOver(handed: HandedBatch): void {
    if (this.#local !== undefined) return this.#sendLocally(handed)
    const thread = this.#supervisor.start()
    // Without a thread it waits for the next one.
    if (thread === undefined || handed.isWithThread || handed.isSettled) return
    const headers = this.#headers.of(handed)
    if (headers !== undefined) thread.post({ type: 'headers', id: handed.id, values: headers })
    const { id, operation } = handed
    const said = {
      id,
      remainingMillis: operation.at - this.#clock.now(),
      isClosing: this.atExit.hasBegun || operation.closing.aborted,
      hasOwnHeaders: headers !== undefined,
      mayStore: operation.mayStore,
      group: this.#stored.groupOf(handed.deadline),
    }
    writeBatch(handed.slab, handed.batch.parts, said, this.#processMillis())
    handed.isWithThread = true
    thread.handOver(handed.slab)
  }

  #onMessage(thread: ThreadHandle, message: Exclude<FromThread, typeof BELL>): void {
    if (message.type === 'ask-headers') return void this.#answer(thread, message.id)
    if (message.type !== 'stored') return this.#reports.onMessage(thread, message)
    // The slab was given back before, and says that spans are stored.
    this.#takeFrom(thread)
    if (message.outcome.exported > 0) this.#reports.onExported(thread)
    this.#stored.settle(message.id, message.outcome)
  }

  async #answer(thread: ThreadHandle, id: number): Promise<void> {
    thread.post({ type: 'asked-headers', id, values: await this.#headers.resolveForStored() })
  }

  #takeBack(thread: ThreadHandle, slabNumber: number): void {
    const handed = this.#batches.of(slabNumber)
    if (handed === undefined) return
    const back = readHandedBack(handed.slab)
    // First: with the failure, messages may be received that say what has become of these.
    if (back.stored > 0) this.#stored.add(handed.id, handed.deadline, back.stored, back.storedBytes)
    const failure = back.hasFailure ? this.#reports.takeFailure(thread, handed.id) : undefined
    this.#extra.onEnd(back.sendingMillis, back.exported > 0)
    if (back.exported > 0) this.#reports.onExported(thread)
    handed.settle(back, failure)
    this.#batches.takeBack(handed, back.isFree)
  }

  #onSettled({ deadline, startedAt }: HandedBatch, outcome: BatchOutcome, finished: EndedExport | undefined): void {
    const durationMillis = this.#clock.now() - startedAt
    if (finished !== undefined) callHook(this.#parts.hooks, 'onEnd', { ...finished, durationMillis })
    // The `exit` event may come before the promise settles, which it then never does.
    deadline.onOutcome?.(outcome)
  }

  #takeFrom(thread: ThreadHandle): void {
    this.#reports.countRequests(thread)
    for (let number = thread.takeReturned(); number !== undefined; number = thread.takeReturned()) this.#takeBack(thread, number)
  }

  /** What the thread has given back counts. Other batches have failed if they were in a request, or wait for the next thread. */
  #onDeath(dead: ThreadHandle): void {
    this.#takeFrom(dead)
    this.#reports.onDeath()
    this.#stored.onDeath(LOST)
    for (const handed of this.#batches) {
      const { owner } = handed.slab
      if (handed.isWithThread && (owner === IN_REQUEST || owner === BETWEEN_PARTS || handed.isSettled)) {
        handed.fail(LOST)
        // The thread is gone, but the kernel may not be done with its memory.
        this.#batches.takeBack(handed, false)
      }
      handed.isWithThread = false
    }
  }

  /** Hands over every batch that waits for a thread. */
  #handOverAll(): void {
    for (const handed of this.#batches) if (this.#headers.isReady(handed)) this.#handOver(handed)
  }

  /** From now on spans are sent in this thread. */
  #sendAllLocally(): void {
    this.#local = this.#parts.createLocal(this.#reports.hooksOfLocal(), this.#supervisor.spoolOwner)
    for (const handed of this.#batches) this.#sendLocally(handed)
    if (this.#shutdownBound !== undefined) void this.#local.shutdown(this.#shutdownBound)
  }

  #sendLocally(handed: HandedBatch): void {
    if (this.#local === undefined || !this.#batches.has(handed)) return
    this.#batches.takeBack(handed, true)
    const at = Math.min(handed.deadline.at, handed.operation.at)
    if (!handed.isSettled) void handed.settleBy(this.#local.sendBatch(handed.batch, { ...handed.deadline, at }))
  }

  async #runShutdown(bound: Bound): Promise<void> {
    this.#handOverAll()
    if (this.#local === undefined) {
      await settleAll(this.#batches, this.#clock, bound)
      // What is stored makes its last attempt, or is written to disk.
      this.#supervisor.thread?.post({ type: 'stored-shutdown' })
      await bounded(this.#clock, { keepAlive: true, ...bound }, () => this.#stored.settled())
    }
    // The thread may have been given up meanwhile.
    if (this.#local === undefined) await this.#supervisor.end()
    else await this.#local.shutdown(bound)
  }
}
