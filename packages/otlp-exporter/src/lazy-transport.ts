// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { DetachedContext, bounded } from '@spanring/core'
import type { Bound, Settled } from '@spanring/core'
import type { BatchTransport } from './batch-transport.js'
import type { BatchOutcome, SendDeadline } from './span-batch.js'
import { BatchTally } from './transport/batch-tally.js'
import { transportClock } from './transport/clock.js'
import type { TransportClock } from './transport/clock.js'
import type { Failure } from './transport/exporter-error.js'
import { Operation } from './transport/operation.js'
import { internalFailure } from './transport/redaction/internal-failure.js'
import { Secrets } from './transport/redaction/secrets.js'
import type { SendableBatch } from './transport/request/pending-request.js'
import type { Internals, Transport } from './transport/transport.js'
import { callHook, endExport } from './transport/transport-hooks.js'
import type { TransportHooks } from './transport/transport-hooks.js'
import type { TransportSettings } from './transport/transport-settings.js'
import { warn } from './warn.js'

/** How soon to look again for a transport that is not evaluated yet, in milliseconds. */
const NEXT_LOOK_MILLIS = 20

type TransportModule = typeof import('./transport/transport.js')

/** What tests can replace. */
export interface LazyTransportInternals extends Internals {
  readonly load?: () => PromiseLike<Pick<TransportModule, 'Transport'>>
  readonly loadNow?: () => Pick<TransportModule, 'Transport'>
}

/** A batch that waits for the transport. */
interface WaitingBatch {
  readonly batch: SendableBatch
  readonly deadline: SendDeadline
  readonly startedAt: number
  readonly wait: Promise<Settled<void>>
}

/**
 * The transport of this thread. It loads the code for connections, and undici with it, when it is constructed, and not when the
 * package is imported: an application whose spans are sent by another thread never loads them.
 *
 * A batch that is handed over earlier waits for the load within its own deadline. It is counted from its hand-over, as if the
 * transport had been there.
 */
export class LazyTransport implements BatchTransport {
  readonly #settings: TransportSettings
  readonly #hooks: TransportHooks
  readonly #clock: TransportClock
  readonly #internals: LazyTransportInternals
  /** Never rejects. When it resolves, there is a transport, or a reason why there is none. */
  readonly #loaded: Promise<void>
  #transport: Transport | undefined
  /** Why there is no transport. */
  #obstacle: Failure | undefined
  /** The batches that wait for the transport, in the order of their hand-over. */
  readonly #waiting = new Map<Operation, WaitingBatch>()
  #shutdownPromise: Promise<void> | undefined

  constructor(settings: TransportSettings, hooks: TransportHooks = {}, internals: LazyTransportInternals = {}) {
    const { clock = transportClock, load = loadTransport } = internals
    this.#internals = internals
    this.#settings = settings
    this.#hooks = hooks
    this.#clock = clock
    this.#loaded = this.#load(load)
  }

  sendBatch(batch: SendableBatch, deadline: SendDeadline): Promise<BatchOutcome> {
    // While batches wait, later ones wait behind them.
    const isDirect = this.#waiting.size === 0 && this.#shutdownPromise === undefined
    if (isDirect && this.#transport !== undefined) return this.#transport.sendBatch(batch, deadline)
    return this.#sendOnceLoaded(batch, deadline)
  }

  keepNow(): number {
    // An import does not end any more.
    if (this.#transport === undefined && this.#waiting.size > 0) this.#loadNow()
    return this.#transport?.keepNow() ?? 0
  }

  shutdown(bound: Bound): Promise<void> {
    this.#shutdownPromise ??= this.#runShutdown(bound)
    return this.#shutdownPromise
  }

  async #load(load: NonNullable<LazyTransportInternals['load']>): Promise<void> {
    try {
      // The files that are read must not become spans of an instrumentation of `node:fs`.
      const { Transport } = await new DetachedContext(ROOT_CONTEXT).run(load)
      if (this.#transport !== undefined || (this.#shutdownPromise !== undefined && this.#waiting.size === 0)) return
      // Back in the asynchronous context of the constructor, in which the transport will do all its work.
      this.#transport = new Transport(this.#settings, this.#hooks, this.#internals)
    } catch (error) {
      const failure = internalFailure(error, new Secrets(this.#settings, this.#settings.headers))
      const message = `the code that sends spans could not be loaded (${failure.message})`
      this.#obstacle = { ...failure, message }
      warn(`no span can be sent from this process: ${message}; every span counts as internal`)
    }
  }

  /** Without the code, what waits is gone with the process: in a bundle it cannot be loaded like this. */
  #loadNow(): void {
    const { loadNow = loadTransportNow } = this.#internals
    try {
      const { Transport } = loadNow()
      this.#transport = new Transport(this.#settings, this.#hooks, this.#internals)
    } catch {
      return
    }
    for (const [operation, { batch, deadline, startedAt }] of this.#waiting) {
      operation.detach()
      void this.#transport.sendStarted(batch, deadline, startedAt)
    }
    this.#waiting.clear()
  }

  async #sendOnceLoaded(batch: SendableBatch, deadline: SendDeadline): Promise<BatchOutcome> {
    const startedAt = this.#clock.now()
    callHook(this.#hooks, 'onStart', batch.spanCount)
    if (this.#shutdownPromise !== undefined) {
      return this.#fail(batch, startedAt, { reason: 'already_shutdown', status: undefined, message: 'the exporter is shut down' })
    }
    const operation = new Operation(startedAt, Math.min(deadline.at, startedAt + this.#settings.timeoutMillis), deadline)
    // Keeps the process alive, as a connection does. The load does so only while it reads files.
    const bound = { at: operation.at, signal: operation.signal, keepAlive: true }
    const wait = bounded(this.#clock, bound, () => this.#loaded)
    this.#waiting.set(operation, { batch, deadline, startedAt, wait })
    const { status } = await wait
    operation.detach()
    // Otherwise the process ends, and the batch has been kept.
    if (!this.#waiting.delete(operation)) return new Promise(() => {})
    if (status === 'done' && this.#transport !== undefined) return this.#transport.sendStarted(batch, deadline, startedAt)
    const reason = status === 'aborted' ? operation.endedBy : 'timeout'
    const late: Failure = { reason, status: undefined, message: 'the code that sends spans was not loaded in time' }
    return this.#fail(batch, startedAt, (status === 'done' ? this.#obstacle : undefined) ?? late)
  }

  async #runShutdown(bound: Bound): Promise<void> {
    const waits = Array.from(this.#waiting.values(), ({ wait }) => wait)
    // Batches that were handed over before must reach the transport before it shuts down: after that it takes no more.
    if (waits.length > 0) await bounded(this.#clock, { keepAlive: true, ...bound }, () => Promise.all(waits))
    for (const operation of this.#waiting.keys()) operation.abandon()
    await Promise.all(waits)
    await this.#transport?.shutdown(bound)
  }

  #fail(batch: SendableBatch, startedAt: number, failure: Failure): BatchOutcome {
    const tally = new BatchTally(batch.spanCount, this.#settings.endpoint.printable)
    tally.fail(batch.spanCount, failure)
    return endExport(this.#hooks, batch, tally, this.#clock.now() - startedAt)
  }
}

/**
 * The comment keeps webpack from making a second file, which is easily left behind. In the single file that Rollup makes, the
 * transport comes after the application, and is undefined until the application's top-level awaits are over.
 */
async function loadTransport(): Promise<TransportModule> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until it is there
    const loaded = (await import(/* webpackMode: "eager" */ './transport/transport.js')) as TransportModule | undefined
    if (loaded !== undefined) return loaded
    const at = transportClock.now() + NEXT_LOOK_MILLIS
    // oxlint-disable-next-line no-await-in-loop -- as above
    await bounded(transportClock, { at }, () => new Promise(() => {}))
  }
}

/** The CommonJS build of the same code, in the call. Throws where it is not beside this file. */
function loadTransportNow(): TransportModule {
  return createRequire(import.meta.url)('../cjs/transport/transport.js') as TransportModule
}
