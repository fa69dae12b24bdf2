// SPDX-License-Identifier: Apache-2.0
import type { Clock, IncrementalSpanExporter, SpanExporter } from '@spanring/core'
import { StagedBatch } from '../batching/staged-batch.js'
import { exportOfBatches } from './incremental-export.js'
import { WholeBatchExporter } from './whole-batch-exporter.js'

/**
 * The exporter as the drain loop drives it: span by span if the exporter supports that, else by arrays.
 *
 * Decided anew for each batch. Code that wraps `export` later, on the object or on its class, must see every span that is
 * exported from then on: it may redact them.
 */
export class ExporterAdapter {
  /** Whether exports of arrays may begin beside those under way. Set by `DrainLoop.drainNow` alone: the exception to I2. */
  mayOverlap = false
  readonly #exporter: SpanExporter
  readonly #wholeBatches: WholeBatchExporter
  /** The `export` that may be bypassed, because `openBatch` does the same; undefined if there is none. */
  readonly #exportOfBatches: SpanExporter['export'] | undefined
  readonly #maxConcurrentBatches: number = 1
  #hasOpened = false

  constructor(exporter: SpanExporter, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#wholeBatches = new WholeBatchExporter(exporter, clock, exportTimeoutMillis)
    this.#exportOfBatches = exportOfBatches(exporter)
    if (!this.#exportOfBatches) return
    try {
      // Read once, and at least 1 whatever it is: otherwise nothing would ever be sent.
      this.#maxConcurrentBatches = Math.max(1, Math.floor((exporter as IncrementalSpanExporter).maxConcurrentBatches) || 1)
    } catch {
      // One at a time.
    }
  }

  /** Whether the next batch is filled span by span. */
  get isIncremental(): boolean {
    try {
      return this.#exportOfBatches !== undefined && this.#exporter.export === this.#exportOfBatches
    } catch {
      // An exporter that cannot be inspected gets arrays.
      return false
    }
  }

  /** How many batches may be in flight, this one included. Arrays limit themselves to one, see {@link WholeBatchExporter}. */
  slotsFor({ isEncoded }: StagedBatch): number {
    return this.mayOverlap && !isEncoded ? Infinity : this.#maxConcurrentBatches
  }

  get abandonedCount(): number {
    return this.#wholeBatches.abandonedCount
  }

  /**
   * A new batch, or undefined while there is no room for one; `onRoom` is called when that has changed. May throw.
   * `isNext` means that no other batch waits to be sent: arrays overlap only one by one, as they are handed over. `isAwaited`
   * means that a flush waits.
   */
  openBatch(onRoom: () => void, isNext: boolean, isAwaited: boolean): StagedBatch | undefined {
    if (this.isIncremental) {
      try {
        const batch = (this.#exporter as IncrementalSpanExporter).openBatch(onRoom)
        this.#hasOpened = true
        return batch ? new StagedBatch(batch, true) : undefined
      } catch (error) {
        // One that has never opened a batch cannot do so: for example a Proxy around an object with private fields. It gets
        // arrays; if that fails too, it is counted and reported.
        if (this.#hasOpened) throw error
      }
    }
    return this.#wholeBatches.openBatch(this.mayOverlap && isNext, isAwaited)
  }
}
