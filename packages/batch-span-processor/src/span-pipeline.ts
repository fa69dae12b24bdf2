// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider } from '@opentelemetry/api'
import { bounded, errorIn } from '@spanring/core'
import type { Bound, Clock, ReadableSpan, Settled, SpanExporter } from '@spanring/core'
import { DrainLoop } from './loop/drain-loop.js'
import { ExporterAdapter } from './export/exporter-adapter.js'
import { ExportScope } from './export/export-scope.js'
import { FlushBarriers } from './waits/flush-barriers.js'
import type { FlushBarrier } from './waits/flush-barriers.js'
import { LateAbortController } from './export/late-abort-controller.js'
import { Ledger } from './accounting/ledger.js'
import type { DropReason } from './accounting/ledger.js'
import { RESOURCES_SHARE, STEP_LIMIT_MILLIS, STEP_RESERVE_MILLIS, STEP_RESERVE_SHARE } from './limits.js'
import { LossReport } from './accounting/loss-report.js'
import { limitMillis } from './options.js'
import type { Settings } from './options.js'
import type { PipelineParts } from './pipeline-parts.js'
import { ProcessorMetrics } from './accounting/processor-metrics.js'
import { ResourceGate } from './batching/resource-gate.js'
import { SpanRing } from './queue/span-ring.js'

interface Limit extends Bound {
  /** What the caller gave, for the message of a time-out. */
  readonly millis: number
}

export interface FlushOptions {
  /**
   * By when the promise settles, in milliseconds from now; 0 means without a limit. Default: `exportTimeoutMillis`.
   */
  timeoutMillis?: number | undefined
  /** Ends the wait with the signal's reason; spans that have not left stay queued. */
  signal?: AbortSignal | undefined
}

export interface ShutdownOptions {
  /**
   * By when the promise settles, in milliseconds from now; 0 means without a limit. Default: the constructor's
   * `shutdownTimeoutMillis`.
   */
  timeoutMillis?: number | undefined
}

/**
 * Where every span is: `ended = exported + Σ failed + Σ dropped + queued + encoded + inFlight` holds at every moment.
 */
export interface ProcessorStats {
  /** Sampled spans given to `onEnd`. */
  readonly ended: number
  /** Spans that the exporter reported as exported. */
  readonly exported: number
  /** Spans that wait as objects, at most `queueCapacity`: the queue, and the batch that is being filled for an exporter of arrays. */
  readonly queued: number
  /** Spans that wait as bytes, in batches of an incremental exporter that were not sent yet. */
  readonly encoded: number
  /** Spans handed to the exporter whose outcome is not known yet. */
  readonly inFlight: number
  /** Spans never handed to the exporter, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>
  /** Spans handed over without success, by reason: `export_failed`, `timeout`, `rejected`, `shutdown`, or the exporter's own. */
  readonly failed: Readonly<Record<string, number>>
  /** Exports that passed their deadline and have not called back. Their spans are counted as failed; none is held here. */
  readonly abandonedExports: number
  /** How many spans may wait as objects: `maxQueueSize`, and one batch more for an exporter that takes arrays. */
  readonly queueCapacity: number
}

/** The parts of the processor put together: admission, the drain loop, and the two waits that callers know. */
export class SpanPipeline {
  /** Aborted when shutdown begins. */
  readonly closing: LateAbortController = new LateAbortController()
  /** Called when shutdown has drained what it could, and nothing will be exported any more. */
  onStopped: (() => void) | undefined
  readonly #parts: PipelineParts
  readonly #ring: SpanRing<ReadableSpan>
  readonly #ledger = new Ledger()
  readonly #exporter: SpanExporter
  readonly #adapter: ExporterAdapter
  readonly #loop: DrainLoop
  readonly #loss = new LossReport(this.#ledger)
  readonly #metrics: ProcessorMetrics | undefined
  #closed: Promise<void> | undefined
  /** Flushes that wait for the exporter; shutdown ends them. One signal each: many listeners on one look like a leak. */
  readonly #flushes = new Set<AbortController>()

  constructor(exporter: SpanExporter, settings: Settings, clock: Clock, meterProvider?: MeterProvider) {
    const { maxQueueSize, exportTimeoutMillis } = settings
    const barriers = new FlushBarriers()
    this.#exporter = exporter
    this.#ring = new SpanRing(maxQueueSize)
    this.#adapter = new ExporterAdapter(exporter, barriers, clock, exportTimeoutMillis)
    this.#parts = {
      clock,
      settings,
      ring: this.#ring,
      ledger: this.#ledger,
      barriers,
      scope: new ExportScope(),
      gate: new ResourceGate(clock, exportTimeoutMillis, () => this.#loop.unblock()),
      adapter: this.#adapter,
      closing: this.closing,
    }
    this.#loop = new DrainLoop(this.#parts, (now) => {
      this.#guarded(() => this.#metrics?.report())
      return this.#loss.report(now)
    })
    if (meterProvider) {
      this.#metrics = this.#guarded(
        () =>
          new ProcessorMetrics(meterProvider, this.#ledger, {
            getCapacity: () => this.#queueCapacity,
            getSize: () => this.#queued,
          }),
      )
    }
  }

  /** The hot path: a few additions and one store. */
  admit(span: ReadableSpan): void {
    const ledger = this.#ledger
    const ring = this.#ring
    // First, while this span is not counted: the exporter may ask for the counts in there.
    if (ring.size >= this.#loop.helpAt) this.#loop.help()
    ledger.ended++
    if (this.#closed) {
      ledger.dropped.already_shutdown++
      return
    }
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
    if (this.#parts.scope.isInside()) {
      // What is queued leaves only after this very export has ended, so waiting for it would be waiting for oneself.
      this.#loop.turnNow()
      return Promise.resolve()
    }
    return observed(this.#flush(options))
  }

  /** For a page that may never run again, see {@link DrainLoop.drainNow}. */
  drainNow(): void {
    this.#loop.drainNow()
  }

  shutdown(options?: ShutdownOptions): Promise<void> {
    if (!this.#closed) {
      // The door is shut before the first step: an exporter that calls back in, or ends a span, finds it so.
      let begin = (_ended: Promise<void>): void => {}
      this.#closed = observed(new Promise((resolve) => (begin = resolve)))
      begin(this.#parts.scope.runNeutral(() => this.#shutdown(options)))
    }
    return this.#parts.scope.isInside() ? Promise.resolve() : this.#closed
  }

  stats(): ProcessorStats {
    const { ended, exported, encoded, inFlight, dropped, failed } = this.#ledger
    return {
      ended,
      exported,
      queued: this.#queued,
      encoded,
      inFlight,
      dropped: { ...dropped },
      failed: { ...failed },
      abandonedExports: this.#adapter.abandonedCount,
      queueCapacity: this.#queueCapacity,
    }
  }

  get #queued(): number {
    return this.#ring.size + this.#ledger.staged
  }

  /** Changes when somebody wraps `export`, and spans are handed over in arrays from then on. */
  get #queueCapacity(): number {
    const holdsArrays = this.#ledger.staged > 0 || !this.#adapter.isIncremental
    return this.#ring.capacity + (holdsArrays ? this.#parts.settings.maxExportBatchSize : 0)
  }

  async #flush(options: FlushOptions | undefined): Promise<void> {
    const { clock, settings, barriers } = this.#parts
    const millis = limitMillis(options, settings.exportTimeoutMillis)
    const limit = { at: clock.now() + millis, signal: options?.signal, keepAlive: true, millis }
    // After shutdown has begun, its end is the end of the flush.
    const closed = this.#closed
    const barrier = barriers.open(this.#ring.head)
    this.#loop.turnNow()
    const drained = await bounded(clock, limit, () => closed ?? this.#loop.drained(barrier))
    barriers.close(barrier)
    if (drained.status !== 'done') throw this.#errorOf(drained, 'forceFlush', millis)
    if (closed) return
    const end = new AbortController()
    this.#flushes.add(end)
    await this.#callExporter('forceFlush', { ...limit, end: end.signal }, barrier)
    this.#flushes.delete(end)
    if (barrier.error !== undefined) throw barrier.error
  }

  /** A list of bounded steps that all run, whatever became of those before; the first error is the one reported. */
  async #shutdown(options: ShutdownOptions | undefined): Promise<void> {
    const { clock, gate, settings, barriers } = this.#parts
    const millis = limitMillis(options, settings.shutdownTimeoutMillis)
    const reserve = Math.min(STEP_RESERVE_MILLIS, millis * STEP_RESERVE_SHARE)
    const startedAt = clock.now()
    const endAt = startedAt + millis
    const until = (at: number): Limit => ({ at, keepAlive: true, millis })
    const step = (latest: number): Limit => until(Math.min(latest, clock.now() + STEP_LIMIT_MILLIS))
    const barrier = barriers.open(this.#ring.head)
    this.closing.abort()
    this.#loop.turnNow()
    const drainMillis = millis - 2 * reserve
    await bounded(clock, until(startedAt + drainMillis * RESOURCES_SHARE), () => this.#loop.drained(barrier))
    gate.open()
    await bounded(clock, until(startedAt + drainMillis), () => this.#loop.drained(barrier))
    this.#loop.stop()
    this.#guarded(() => this.onStopped?.())
    barriers.close(barrier)
    await this.#callExporter('forceFlush', step(endAt - reserve), barrier)
    await this.#callExporter('shutdown', step(endAt), barrier)
    this.#guarded(() => this.#metrics?.close())
    this.#loss.close(clock.now())
    for (const end of this.#flushes) end.abort()
    if (barrier.error !== undefined) throw barrier.error
  }

  /** The exporter's own step of a flush or a shutdown; an error is that of the barrier, unless it has one already. */
  async #callExporter(step: 'forceFlush' | 'shutdown', limit: Limit, barrier: FlushBarrier): Promise<void> {
    const { clock, scope } = this.#parts
    const settled = await scope.call(clock, limit, () => this.#exporter[step]?.())
    if (settled.status !== 'done') barrier.error ??= this.#errorOf(settled, `${step} of the exporter`, limit.millis)
  }

  #errorOf(settled: Settled<void>, what: string, millis: number): unknown {
    if (settled.status !== 'timeout') return errorIn(settled) ?? new Error(`${what} failed`)
    return new Error(
      `${what} has not ended within ${millis} ms; ${this.#queued + this.#ledger.encoded} queued, ${this.#ledger.inFlight} in flight`,
    )
  }

  /** A metrics SDK may throw. */
  #guarded<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.#ledger.lastError = error
      return undefined
    }
  }
}

/** Nobody has to look at the promise: an outage must not end the process as an unhandled rejection. */
function observed(promise: Promise<void>): Promise<void> {
  promise.catch(() => {})
  return promise
}
