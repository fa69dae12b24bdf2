// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider } from '@opentelemetry/api'
import { bounded } from './bounded.js'
import type { Bound, Settled } from './bounded.js'
import type { Clock } from './clock.js'
import { DrainLoop } from './drain-loop.js'
import { ExportScope } from './export-scope.js'
import { FlushTickets } from './flush-tickets.js'
import { Ledger } from './ledger.js'
import type { DropReason } from './ledger.js'
import { LossReport } from './loss-report.js'
import { limitMillis } from './options.js'
import type { Settings } from './options.js'
import { ProcessorMetrics } from './processor-metrics.js'
import type { ReadableSpan } from './readable-span.js'
import { ResourceGate } from './resource-gate.js'
import { isIncremental } from './span-exporter.js'
import type { BatchTarget, SpanExporter } from './span-exporter.js'
import { SpanRing } from './span-ring.js'
import { WholeBatchExporter } from './whole-batch-exporter.js'

/**
 * How long `shutdown` takes at most by default, in milliseconds: as long as one export of an OTLP exporter by default,
 * and well within the 30 s that Kubernetes gives a process to end.
 */
const SHUTDOWN_MILLIS = 10_000

/** How long an incremental exporter, which settles by itself, may be late, in milliseconds. */
const GRACE_MILLIS = 50

/**
 * How the time of a shutdown is divided, as shares from its start. A step that is done early leaves its time to the
 * next; one that uses up its own still leaves some to those that follow, so that every step is tried.
 */
const RESOURCES_BY = 0.4
const DRAINED_BY = 0.8
const FLUSHED_BY = 0.9

export interface FlushOptions {
  /**
   * By when the promise settles, in milliseconds from now; 0 means without a limit. Default: `exportTimeoutMillis`.
   */
  timeoutMillis?: number | undefined
  /** Ends the wait with the signal's reason; spans that have not left stay queued. */
  signal?: AbortSignal | undefined
}

export interface ShutdownOptions {
  /** By when the promise settles, in milliseconds from now; 0 means without a limit. Default: 10000. */
  timeoutMillis?: number | undefined
}

/**
 * Where every span is: `ended = exported + Σ failed + Σ dropped + queued + inFlight` holds at every moment.
 */
export interface ProcessorStats {
  /** Sampled spans given to `onEnd`. */
  readonly ended: number
  /** Spans that the exporter reported as exported. */
  readonly exported: number
  /** Spans that wait: as objects in the ring, or in batches that were not sent yet. */
  readonly queued: number
  /** Spans handed to the exporter whose outcome is not known yet. */
  readonly inFlight: number
  /** Spans never handed to the exporter, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>
  /** Spans handed over without success, by reason: `export_failed`, `timeout`, `rejected`, `shutdown`, or the exporter's own. */
  readonly failed: Readonly<Record<string, number>>
  /** Exports that passed their deadline and have not called back; at most 4. */
  readonly abandonedExports: number
  readonly queueCapacity: number
}

/** The parts of the processor put together: admission, the drain loop, and the two waits that callers know. */
export class SpanPipeline {
  readonly #clock: Clock
  readonly #settings: Settings
  readonly #target: BatchTarget
  readonly #ring: SpanRing<ReadableSpan>
  readonly #loop: DrainLoop
  readonly #scope = new ExportScope()
  readonly #ledger = new Ledger()
  readonly #tickets = new FlushTickets()
  readonly #loss = new LossReport(this.#ledger)
  readonly #gate: ResourceGate
  readonly #metrics: ProcessorMetrics | undefined
  #closed: Promise<void> | undefined

  constructor(exporter: SpanExporter, settings: Settings, clock: Clock, meterProvider?: MeterProvider) {
    this.#clock = clock
    this.#settings = settings
    this.#target = isIncremental(exporter) ? exporter : new WholeBatchExporter(exporter, clock, settings.exportTimeoutMillis)
    this.#ring = new SpanRing(settings.maxQueueSize)
    this.#gate = new ResourceGate(clock, settings.exportTimeoutMillis, () => this.#loop.unblock())
    this.#loop = new DrainLoop({
      ring: this.#ring,
      target: this.#target,
      ledger: this.#ledger,
      tickets: this.#tickets,
      gate: this.#gate,
      scope: this.#scope,
      clock,
      settings,
      graceMillis: isIncremental(exporter) ? GRACE_MILLIS : 0,
      onTurnEnd: (now) => this.#report(now),
      onError: (error) => this.#loss.noteError(error),
    })
    this.#metrics = this.#createMetrics(meterProvider)
  }

  /** The hot path: a few additions and one store. */
  admit(span: ReadableSpan): void {
    const ledger = this.#ledger
    const ring = this.#ring
    ledger.ended++
    if (this.#closed !== undefined) {
      ledger.dropped.already_shutdown++
      return
    }
    if (ring.size >= this.#loop.helpAt) this.#loop.help()
    if (!ring.offer(span)) {
      ledger.dropped.queue_full++
      return
    }
    if (ring.size === this.#loop.wakeAt) this.#loop.wake()
  }

  /** Counts something that was given to `onEnd` and is no span. */
  refuse(): void {
    this.#ledger.ended++
    this.#ledger.dropped.invalid_span++
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    if (this.#scope.isInside()) {
      // What is queued leaves only after this very export has ended, so waiting for it would be waiting for oneself.
      this.#loop.flushTo(this.#ring.head)
      return Promise.resolve()
    }
    return this.#closed ?? observed(this.#flush(options ?? {}))
  }

  shutdown(options?: ShutdownOptions): Promise<void> {
    // Closed at once, and the steps begin with a clean stack: an exporter that calls back in finds the door shut.
    this.#closed ??= observed(Promise.resolve().then(() => this.#shutdown(limitMillis(options?.timeoutMillis, SHUTDOWN_MILLIS))))
    return this.#scope.isInside() ? Promise.resolve() : this.#closed
  }

  stats(): ProcessorStats {
    const { ended, exported, staged, inFlight, dropped, failed } = this.#ledger
    return {
      ended,
      exported,
      queued: this.#ring.size + staged,
      inFlight,
      dropped: { ...dropped },
      failed: { ...failed },
      abandonedExports: this.#target instanceof WholeBatchExporter ? this.#target.abandonedCount : 0,
      queueCapacity: this.#ring.capacity,
    }
  }

  async #flush(options: FlushOptions): Promise<void> {
    const millis = limitMillis(options.timeoutMillis, this.#settings.exportTimeoutMillis)
    const bound = { at: this.#clock.now() + millis, signal: options.signal, keepAlive: true }
    const ticket = this.#tickets.open(this.#ring.head)
    this.#loop.flushTo(ticket.target)
    const drained = await bounded(this.#clock, bound, () => ticket.done)
    this.#tickets.close(ticket)
    if (drained.status === 'timeout') {
      const { queued, inFlight } = this.stats()
      throw new Error(`forceFlush has not ended within ${millis} ms; ${queued} spans are queued, ${inFlight} in flight`)
    }
    throwIfFailed(drained, 'forceFlush')
    const flushed = await this.#callExporter(bound, () => this.#target.forceFlush?.())
    if (ticket.error !== undefined) throw ticket.error
    throwIfFailed(flushed, 'forceFlush of the exporter', millis)
  }

  /** A list of bounded steps that all run, whatever became of those before; the first error is the one reported. */
  async #shutdown(millis: number): Promise<void> {
    const startedAt = this.#clock.now()
    const until = (share: number): Bound => ({ at: startedAt + millis * share, keepAlive: true })
    const ticket = this.#tickets.open(this.#ring.head)
    void this.#gate.openBy(until(RESOURCES_BY).at)
    this.#loop.announceClosing()
    this.#loop.flushTo(ticket.target)
    await bounded(this.#clock, until(DRAINED_BY), () => ticket.done)
    this.#loop.stop()
    this.#tickets.close(ticket)
    const flushed = await this.#callExporter(until(FLUSHED_BY), () => this.#target.forceFlush?.())
    const ended = await this.#callExporter(until(1), () => this.#target.shutdown())
    if (this.#target instanceof WholeBatchExporter) this.#target.dispose()
    this.#closeReports()
    if (ticket.error !== undefined) throw ticket.error
    throwIfFailed(flushed, 'forceFlush of the exporter', millis)
    throwIfFailed(ended, 'shutdown of the exporter', millis)
  }

  async #callExporter(bound: Bound, work: () => unknown): Promise<Settled<unknown>> {
    const call = {}
    const settled = await bounded(this.#clock, bound, () => this.#scope.enter(call, work))
    this.#scope.leave(call)
    return settled
  }

  #report(now: number): number {
    try {
      this.#metrics?.report()
    } catch (error) {
      this.#loss.noteError(error)
    }
    if (this.#loss.isDue(now)) this.#loss.report(now)
    return this.#loss.nextAt
  }

  #closeReports(): void {
    try {
      this.#metrics?.close()
    } catch (error) {
      this.#loss.noteError(error)
    }
    this.#loss.close(this.#clock.now())
  }

  #createMetrics(provider: MeterProvider | undefined): ProcessorMetrics | undefined {
    if (provider === undefined || provider === null) return undefined
    try {
      return new ProcessorMetrics(provider, this.#ledger, this.#ring.capacity, () => this.#ring.size + this.#ledger.staged)
    } catch (error) {
      this.#loss.noteError(error)
      return undefined
    }
  }
}

/** Nobody has to look at the promise: an outage must not end the process as an unhandled rejection. */
function observed(promise: Promise<void>): Promise<void> {
  promise.catch(() => {})
  return promise
}

function throwIfFailed(settled: Settled<unknown>, what: string, millis?: number): void {
  if (settled.status === 'done') return
  if (settled.status === 'timeout') throw new Error(`${what} has not ended in the time left of ${millis} ms`)
  throw settled.error ?? new Error(`${what} failed`)
}
