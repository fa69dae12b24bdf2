// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Bound, Clock, Timer } from '@spanring/core'
import type { EncodedBatch } from '../encode/encoded-batch.js'
import { BETWEEN_REQUESTS, IN_REQUEST, type Slab } from '../shared-memory/slab.js'
import type { BatchOutcome, SendDeadline } from '../span-batch.js'
import { BatchTally } from '../transport/batch-tally.js'
import { ExporterError, type Failure } from '../transport/exporter-error.js'
import type { Operation } from '../transport/operation.js'
import { endExport } from '../transport/transport-hooks.js'
import type { FinishedExport, TransportHooks } from '../transport/transport-hooks.js'
import type { HeaderTexts, TransportSettings } from '../transport/transport-settings.js'
import type { BatchFailure } from './messages.js'
import type { HandedBack } from './slab-layout.js'

/** How a batch has ended, as the hooks are told; whoever tells them knows how long it took. */
export type EndedExport = Omit<FinishedExport, 'durationMillis'>

/**
 * A batch on its way to the export thread and back, as the application's thread knows it.
 *
 * ```
 *   waiting ──► handed over ──► given back
 *      ▲            │
 *      └── the thread died before a request
 * ```
 *
 * Its outcome may be known earlier: at its deadline, or when nobody waits any more. Its slab is the thread's until it is given
 * back.
 */
export class HandedBatch {
  readonly id: number
  readonly batch: EncodedBatch
  readonly slab: Slab
  readonly operation: Operation
  readonly deadline: SendDeadline
  readonly startedAt: number
  /** The backend, in a form that may be shown. */
  readonly where: string
  /** Called once, with the outcome. `ended` is undefined if another transport has told the hooks. */
  readonly onSettled: (outcome: BatchOutcome, ended: EndedExport | undefined) => void
  readonly outcome: Promise<BatchOutcome>
  /** The headers that were resolved for it; undefined where all batches have the same. */
  headers: HeaderTexts | undefined
  isWithThread = false
  /** Whether another transport sends it now, and settles it by its deadline. */
  isElsewhere = false
  /** Runs while a batch that was given up is still with the thread. */
  hungTimer: Timer | undefined
  #resolve: (outcome: BatchOutcome) => void = () => {}
  #isSettled = false

  constructor(
    parts: Pick<HandedBatch, 'id' | 'batch' | 'slab' | 'operation' | 'deadline' | 'startedAt' | 'where' | 'onSettled'>,
  ) {
    this.id = parts.id
    this.batch = parts.batch
    this.slab = parts.slab
    this.operation = parts.operation
    this.deadline = parts.deadline
    this.startedAt = parts.startedAt
    this.where = parts.where
    this.onSettled = parts.onSettled
    this.outcome = new Promise((resolve) => (this.#resolve = resolve))
  }

  /** Whether the thread has it, and it has no outcome. */
  get isAwaited(): boolean {
    return this.isWithThread && !this.#isSettled
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Settles it with the outcome that the thread reports. */
  settle({ exported, stored, storedBytes, attemptCount, statusCode }: HandedBack, failure: BatchFailure | undefined): void {
    const failed = failure?.failed ?? {}
    const error = failure?.error
    const outcome: BatchOutcome = {
      exported,
      failed,
      ...(stored > 0 && { stored, storedBytes }),
      ...(error !== undefined && { error: new ExporterError(error.code, error.message, error.statusCode, error.data) }),
    }
    this.#settle(outcome, { exported, failed, stored, attemptCount, statusCode, errorType: failure?.errorType })
  }

  /** Settles it without the thread: all its spans have failed. */
  fail(failure: Failure): void {
    const { spanCount } = this.batch
    const tally = new BatchTally(spanCount, this.where)
    tally.fail(spanCount, failure)
    const outcome = tally.outcome()
    const { attemptCount, statusCode, errorType } = tally
    this.#settle(outcome, { exported: 0, failed: outcome.failed, stored: 0, attemptCount, statusCode, errorType })
  }

  /** Another transport settles it and reports it to the hooks. */
  async settleBy(outcome: Promise<BatchOutcome>): Promise<void> {
    this.isElsewhere = true
    this.#settle(await outcome, undefined)
  }

  #settle(outcome: BatchOutcome, ended: Omit<EndedExport, 'spanCount'> | undefined): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.onSettled(outcome, ended && { ...ended, spanCount: this.batch.spanCount })
    this.#resolve(outcome)
  }
}

/**
 * Whether one of the batches is in a request, or soon will be. While the backend is down they wait for its return, which a
 * process that has nothing else to do does not. That one was sent and failed shows it before the thread's report has arrived.
 */
export function isAnySending(batches: Iterable<Pick<HandedBatch, 'isAwaited' | 'slab'>>, isDown: boolean): boolean {
  let isNext = false
  let hasFailed = isDown
  for (const { isAwaited, slab } of batches) {
    const { owner } = slab
    if (!isAwaited) continue
    if (owner === IN_REQUEST) return true
    if (owner === BETWEEN_REQUESTS) hasFailed = true
    else isNext = true
  }
  return isNext && !hasFailed
}

/** Lets each batch make its last attempt, waits for the outcomes within the bound, and gives up what has none by then. */
export async function settleAll(batches: Iterable<HandedBatch>, clock: Clock, bound: Bound): Promise<void> {
  for (const { operation } of batches) operation.endBackOff()
  const outcomes = Array.from(batches, ({ outcome }) => outcome)
  await bounded(clock, { keepAlive: true, ...bound }, () => Promise.all(outcomes))
  for (const { operation } of batches) operation.abandon()
}

/** Why a batch is settled without the thread. */
export const GIVEN_UP: Readonly<Record<'aborted' | 'headers' | 'shutdown' | 'timeout', string>> = {
  aborted: 'the caller no longer waits',
  headers: 'headers() has given none, and the process ends',
  shutdown: 'the exporter was shut down first',
  timeout: 'the export thread has not answered in time',
}

/** The failure of a batch whose thread died. */
export const LOST: Failure = {
  reason: 'export_thread',
  status: undefined,
  message: 'the export thread ended while it sent the spans',
}

const SHUT_DOWN: Failure = { reason: 'already_shutdown', status: undefined, message: 'the exporter is shut down' }

/** The outcome of a batch that is not handed over, because it is empty or comes after the shutdown. */
export async function refuse(spanCount: number, { endpoint }: TransportSettings, hooks: TransportHooks): Promise<BatchOutcome> {
  const tally = new BatchTally(spanCount, endpoint.printable)
  if (spanCount > 0) tally.fail(spanCount, SHUT_DOWN)
  return endExport(hooks, {}, tally, 0)
}
