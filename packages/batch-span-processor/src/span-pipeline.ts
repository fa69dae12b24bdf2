// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider } from '@opentelemetry/api'
import type { Clock, ReadableSpan, SpanExporter } from '@spanring/core'
import { Ledger, snapshot } from './accounting/ledger.js'
import type { ProcessorStats, Transitions } from './accounting/ledger.js'
import { LossReport } from './accounting/loss-report.js'
import { ProcessorMetrics } from './accounting/processor-metrics.js'
import { ResourceGate } from './batching/resource-gate.js'
import { ExportContext } from './export/export-context.js'
import { ExporterAdapter } from './export/exporter-adapter.js'
import { LateAbortController } from './export/late-abort-controller.js'
import { DrainLoop } from './loop/drain-loop.js'
import type { Settings } from './options.js'
import type { PipelineParts } from './pipeline-parts.js'
import { admit } from './queue/admission.js'
import { SpanRing } from './queue/span-ring.js'
import { flush } from './waits/flush.js'
import type { FlushOptions } from './waits/flush.js'
import { FlushBarriers } from './loop/flush-barriers.js'
import { runShutdown } from './waits/shutdown.js'
import type { ShutdownOptions } from './waits/shutdown.js'

/** Puts the parts of the processor together: queue, loop, batching, export, accounting, flush and shutdown. */
export class SpanPipeline {
  /** Called when shutdown has drained what it could, and nothing will be exported any more. */
  onDrained: (() => void) | undefined
  readonly #parts: PipelineParts
  // These two are among the parts as well. They are fields for the sake of the hot path, see `admit`.
  readonly #ring: SpanRing<ReadableSpan>
  readonly #ledger: Transitions
  readonly #loop: DrainLoop
  /** Set when shutdown is called. From then on no span is admitted, and a flush settles together with the shutdown. */
  #shutdownPromise: Promise<void> | undefined
  /** A function, because the capacity changes when `export` is wrapped: from then on spans are handed over in arrays. */
  readonly #getCapacity: () => number

  constructor(exporter: SpanExporter, settings: Settings, clock: Clock, meterProvider?: MeterProvider) {
    const ring = (this.#ring = new SpanRing<ReadableSpan>(settings.maxQueueSize))
    const ledger = (this.#ledger = new Ledger())
    const losses = new LossReport(ledger.counts)
    const adapter = new ExporterAdapter(exporter, clock, settings.exportTimeoutMillis)
    const getCapacity = (): number => {
      const holdsArrays = ledger.counts.queued > ring.size || !adapter.isIncremental
      return ring.capacity + (holdsArrays ? settings.maxExportBatchSize : 0)
    }
    this.#getCapacity = getCapacity
    this.#parts = {
      ...settings,
      ring,
      exporter,
      adapter,
      ledger,
      losses,
      metrics: meterProvider && losses.guard(() => new ProcessorMetrics(meterProvider, ledger, getCapacity)),
      barriers: new FlushBarriers(),
      gate: new ResourceGate(clock, settings.exportTimeoutMillis, () => this.#loop.unblock()),
      context: new ExportContext(),
      ends: new Set(),
      clock,
      closing: new LateAbortController(),
    }
    this.#loop = new DrainLoop(this.#parts)
    adapter.onExit(() => this.#drainAtExit())
  }

  /** Queues a span, or counts it as dropped. */
  admit(span: ReadableSpan): void {
    admit(this.#ring, this.#ledger, this.#loop, this.#shutdownPromise !== undefined, span)
  }

  /** Counts something given to `onEnd` that is not a span. */
  dropInvalid(): void {
    this.#ledger.drop('invalid_span')
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    if (this.#parts.context.isInside()) {
      // Queued spans may leave only after this export has ended, so the export would wait for itself.
      this.#loop.turnNow()
      return Promise.resolve()
    }
    return observed(flush(this.#parts, this.#loop, options, this.#shutdownPromise))
  }

  /** For a page that may never run again; see {@link DrainLoop.drainNow}. */
  drainNow(): void {
    this.#loop.drainNow()
  }

  /** For the `exit` event. A resource that is still being detected will never be known, so nothing waits for it. */
  #drainAtExit(): void {
    this.#parts.gate.open()
    this.#loop.drainNow()
  }

  shutdown(options?: ShutdownOptions): Promise<void> {
    const parts = this.#parts
    if (!this.#shutdownPromise) {
      let begin = (_ended: Promise<void>): void => {}
      // Set before the first step, in which the exporter may call this method again or end a span.
      this.#shutdownPromise = observed(new Promise((resolve) => (begin = resolve)))
      begin(parts.context.runNeutral(() => runShutdown(parts, this.#loop, options, () => this.onDrained?.())))
    }
    return parts.context.isInside() ? Promise.resolve() : this.#shutdownPromise
  }

  stats(): ProcessorStats {
    return {
      ...snapshot(this.#ledger.counts),
      abandonedExports: this.#parts.adapter.abandonedCount,
      queueCapacity: this.#getCapacity(),
    }
  }
}

/** Callers may ignore the promise. An outage must not end the process with an unhandled rejection. */
function observed(promise: Promise<void>): Promise<void> {
  promise.catch(() => {})
  return promise
}
