// SPDX-License-Identifier: Apache-2.0
import type { Clock, IncrementalSpanExporter, SpanExporter } from '@spanring/core'
import { StagedBatch } from './staged-batch.js'
import { exportOfBatches } from './incremental-export.js'
import { WholeBatchExporter } from './whole-batch-exporter.js'

/**
 * The exporter as the drain loop uses it: span by span if the exporter supports that, otherwise by arrays.
 *
 * The choice is made anew for each batch. Code that wraps `export` later, on the object or on its class, must see every span
 * that is exported from then on, because it may redact them.
 */
export class ExporterAdapter {
  /** Whether exports of arrays may overlap, which is the exception to I2. Only `DrainLoop.drainNow` sets it. */
  mayOverlap = false
  readonly #exporter: SpanExporter
  readonly #wholeBatches: WholeBatchExporter
  /** The `export` that may be bypassed because `openBatch` does the same; undefined if there is none. */
  readonly #exportOfBatches: SpanExporter['export'] | undefined
  readonly #maxConcurrentBatches: number = 1
  #hasOpened = false

  constructor(exporter: SpanExporter, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#wholeBatches = new WholeBatchExporter(exporter, clock, exportTimeoutMillis)
    this.#exportOfBatches = exportOfBatches(exporter)
    if (!this.#exportOfBatches) return
    try {
      // Read once. At least 1, whatever the exporter says: otherwise nothing would ever be sent.
      this.#maxConcurrentBatches = Math.max(1, Math.floor((exporter as IncrementalSpanExporter).maxConcurrentBatches) || 1)
    } catch {
      // The default stays: one at a time.
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

  /** See `IncrementalSpanExporter.onExit`. */
  onExit(drain: () => void): void {
    try {
      ;(this.#exporter as Partial<IncrementalSpanExporter>).onExit?.(drain)
    } catch {
      // Then nothing is sent in the `exit` event, as with any other exporter.
    }
  }

  /** How many batches may be in flight, including this one. Arrays are limited to one by {@link WholeBatchExporter}. */
  slotsFor({ isEncoded }: StagedBatch): number {
    if (!isEncoded) return this.mayOverlap ? Infinity : this.#maxConcurrentBatches
    return this.#maxConcurrentBatches + this.#extraBatches()
  }

  #extraBatches(): number {
    try {
      const count = (this.#exporter as Partial<IncrementalSpanExporter>).extraBatches?.() ?? 0
      return count > 0 ? count : 0
    } catch {
      return 0
    }
  }

  get abandonedCount(): number {
    return this.#wholeBatches.abandonedCount
  }

  /**
   * A new batch, or undefined while there is no room for one. In that case `onRoom` is called once there is room. May throw.
   * `isNext` means that no other batch waits to be sent: overlapping arrays are handed over one by one. `isAwaited` means
   * that a flush waits.
   */
  openBatch(onRoom: () => void, isNext: boolean, isAwaited: boolean): StagedBatch | undefined {
    if (this.isIncremental) {
      try {
        const batch = (this.#exporter as IncrementalSpanExporter).openBatch(onRoom)
        this.#hasOpened = true
        return batch ? new StagedBatch(batch, true) : undefined
      } catch (error) {
        // An exporter that has never opened a batch may be unable to, for example a Proxy around an object with private fields.
        // It gets arrays instead. If that fails, too, the failure is counted and reported.
        if (this.#hasOpened) throw error
      }
    }
    return this.#wholeBatches.openBatch(this.mayOverlap && isNext, isAwaited)
  }
}
