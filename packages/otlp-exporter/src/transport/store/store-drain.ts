// SPDX-License-Identifier: Apache-2.0
import type { BatchTally } from '../batch-tally.js'
import type { TransportClock } from '../clock.js'
import type { Failure } from '../exporter-error.js'
import { Operation } from '../operation.js'
import type { RequestStore } from './request-store.js'
import type { StoredRequest } from './stored-request.js'
import type { StoredRequestSender } from './stored-request-sender.js'

export interface StoreDrainParts {
  readonly clock: TransportClock
  readonly store: RequestStore
  readonly sender: StoredRequestSender
  /** How many stored requests are sent at once, at most. */
  readonly mostAtOnce: number
  readonly tallyOf: (spanCount: number) => BatchTally
  /** An operation is no longer the one that probes the backend. */
  readonly onLeft: (operation: Operation, failedSpans: number) => void
}

/** A request that is being sent. */
interface Running {
  readonly request: StoredRequest
  ended: Promise<void>
}

const NEVER = new AbortController().signal
const NOT_READ: Failure = { reason: 'shutdown', status: undefined, message: 'the spool could not be read' }

/**
 * Sends stored requests, oldest first, beside live batches. While the backend is down it sends one, which is the probe. Once
 * that is accepted it sends two at once, then four, and so on: thirty requests at once would bring down a backend that has just
 * come back.
 */
export class StoreDrain {
  readonly #parts: StoreDrainParts
  readonly #running = new Map<Operation, Running>()
  /** The signals of pipelines whose requests are stored, by which they say that they shut down. */
  readonly #closing = new Set<AbortSignal>()
  #atOnce = 1
  /** Whether every request makes its last attempt. */
  #isClosing = false
  #isClosed = false

  constructor(parts: StoreDrainParts) {
    this.#parts = parts
    parts.store.onArrival = (closing) => {
      if (closing !== undefined) this.#watch(closing)
      this.wake()
    }
  }

  /** Starts as many requests as may be sent at once. */
  wake(): void {
    while (this.#running.size < this.#atOnce && !this.#isClosed) {
      const request = this.#parts.store.takeOldest()
      if (request === undefined) return
      this.#start(request)
    }
  }

  /**
   * Ends back-offs: what waits makes its last attempt. Resolves when nothing waits any more. A pipeline that shuts down calls this
   * when its own time for last attempts is over, so those that it has asked for before end at once.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const [operation, { request }] of this.#running) {
      if (request.closing.aborted) operation.abandon()
      else operation.endBackOff()
    }
    this.wake()
    while (this.#running.size > 0) {
      // oxlint-disable-next-line no-await-in-loop -- each may start another one
      await Promise.all([...this.#running.values()].map(({ ended }) => ended))
    }
  }

  /** Takes no more. What is being sent gets its answer. */
  stop(): void {
    this.#isClosed = true
  }

  /** Ends what is being sent. Nothing is sent any more. */
  abandon(): void {
    this.#isClosed = true
    for (const closing of this.#closing) closing.removeEventListener('abort', this.#onClosing)
    this.#closing.clear()
    for (const operation of this.#running.keys()) operation.abandon()
  }

  #start(request: StoredRequest): void {
    const now = this.#parts.clock.now()
    const operation = new Operation(now, Infinity, { at: Infinity, signal: NEVER, closing: NEVER }, true)
    if (this.#isLast(request)) operation.endBackOff()
    const running = { request, ended: Promise.resolve() }
    this.#running.set(operation, running)
    running.ended = this.#run(operation, request)
  }

  async #run(operation: Operation, request: StoredRequest): Promise<void> {
    const { store, sender, tallyOf, onLeft } = this.#parts
    const tally = tallyOf(request.spanCount)
    const body = await store.read(request)
    const verdict = body === undefined ? undefined : await sender.send(operation, body, tally)
    operation.detach()
    onLeft(operation, tally.failedCount)
    if (verdict?.kind === 'waits') {
      this.#atOnce = 1
      store.putBack(request)
      if (verdict.isLast) store.giveUp((one) => this.#isLast(one), verdict.failure)
      this.#running.delete(operation)
      // Not in the same macrotask (R7): a verdict that needs no I/O would keep all other I/O from happening. Referenced, or an event
      // loop that has nothing else to do, as that of the export thread, would sleep until its next timer.
      this.#parts.clock.soon(() => this.wake())
      return
    }
    this.#atOnce = Math.min(this.#atOnce * 2, this.#parts.mostAtOnce)
    if (verdict?.kind === 'done') await store.settle(request, tally.outcome())
    else if (verdict?.kind === 'too-large') store.halve(request, verdict.halves)
    this.#running.delete(operation)
    this.wake()
  }

  /** Whether a request cannot wait any longer. */
  #isLast({ closing }: StoredRequest): boolean {
    return this.#isClosing || this.#isClosed || closing.aborted
  }

  #watch(closing: AbortSignal): void {
    if (closing.aborted || this.#closing.has(closing)) return
    this.#closing.add(closing)
    closing.addEventListener('abort', this.#onClosing)
  }

  /** Whatever is being sent becomes the last probe, and decides for all requests that cannot wait. */
  readonly #onClosing = (): void => {
    for (const operation of this.#running.keys()) operation.endBackOff()
    this.wake()
    // What cannot be read from disk at present makes no attempt at all.
    if (this.#running.size === 0) this.#parts.store.giveUp((request) => this.#isLast(request), NOT_READ)
  }
}
