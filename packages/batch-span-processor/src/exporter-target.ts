// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js'
import { exportOfBatches } from './span-exporter.js'
import type { IncrementalSpanExporter, SpanExporter } from './span-exporter.js'
import { StagedBatch } from './staged-batch.js'
import { WholeBatchExporter } from './whole-batch-exporter.js'

/**
 * The exporter as the drain loop drives it: span by span where the exporter can take that, else by arrays.
 *
 * Decided anew for each batch. Whoever wraps `export` later, on the object or on its class, wants every span that is
 * exported from then on to go through the wrapper: it may take secrets out.
 */
export class ExporterTarget {
  /** No later turn may come: exports of arrays may begin beside those under way. */
  isLastChance = false
  readonly #exporter: SpanExporter
  readonly #wholeBatches: WholeBatchExporter
  /** The `export` that may be bypassed, because `openBatch` does the same; undefined if there is none. */
  readonly #exportOfBatches: SpanExporter['export'] | undefined
  readonly #maxConcurrentBatches: number

  constructor(exporter: SpanExporter, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#wholeBatches = new WholeBatchExporter(exporter, clock, exportTimeoutMillis)
    this.#exportOfBatches = exportOfBatches(exporter)
    const { maxConcurrentBatches } = (this.isIncremental ? exporter : {}) as Partial<IncrementalSpanExporter>
    // Read once and never believed below 1: nothing would ever be sent.
    this.#maxConcurrentBatches = Math.max(1, Math.floor(maxConcurrentBatches ?? 1) || 1)
  }

  /** Whether the next batch is filled span by span. */
  get isIncremental(): boolean {
    try {
      return this.#exportOfBatches !== undefined && this.#exporter.export === this.#exportOfBatches
    } catch {
      // An exporter that will not be looked into is only asked to export.
      return false
    }
  }

  /** How many batches may be in flight at once. Arrays bound themselves to one, see {@link WholeBatchExporter}. */
  get maxConcurrentBatches(): number {
    return this.isLastChance && !this.isIncremental ? Infinity : this.#maxConcurrentBatches
  }

  get abandonedCount(): number {
    return this.#wholeBatches.abandonedCount
  }

  /** A new batch, or undefined while there is no room for one; `onRoom` is called when that has changed. May throw. */
  openBatch(onRoom: () => void): StagedBatch | undefined {
    const { isIncremental } = this
    const batch = isIncremental
      ? (this.#exporter as IncrementalSpanExporter).openBatch(onRoom)
      : this.#wholeBatches.openBatch(this.isLastChance)
    return batch && new StagedBatch(batch, isIncremental)
  }

  /** The application asks for an export now: one that has not been answering is tried without a pause. */
  endPause(): void {
    this.#wholeBatches.endPause()
  }
}
