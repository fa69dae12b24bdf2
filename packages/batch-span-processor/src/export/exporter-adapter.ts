// SPDX-License-Identifier: Apache-2.0
import type { Clock, IncrementalSpanExporter, SpanExporter } from '@spanring/core'
import type { FlushBarriers } from '../waits/flush-barriers.js'
import { exportOfBatches } from './incremental-export.js'
import { StagedBatch } from '../batching/staged-batch.js'
import { WholeBatchExporter } from './whole-batch-exporter.js'

/**
 * The exporter as the drain loop drives it: span by span where the exporter can take that, else by arrays.
 *
 * Decided anew for each batch. Whoever wraps `export` later, on the object or on its class, wants every span that is
 * exported from then on to go through the wrapper: it may take secrets out.
 */
export class ExporterAdapter {
  /** No later turn may come: exports of arrays may begin beside those under way. */
  isLastChance = false
  readonly #exporter: SpanExporter
  readonly #barriers: FlushBarriers
  readonly #wholeBatches: WholeBatchExporter
  /** The `export` that may be bypassed, because `openBatch` does the same; undefined if there is none. */
  readonly #exportOfBatches: SpanExporter['export'] | undefined
  readonly #maxConcurrentBatches: number = 1
  #hasOpened = false

  constructor(exporter: SpanExporter, barriers: FlushBarriers, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#barriers = barriers
    this.#wholeBatches = new WholeBatchExporter(exporter, clock, exportTimeoutMillis)
    this.#exportOfBatches = exportOfBatches(exporter)
    if (!this.#exportOfBatches) return
    try {
      // Read once and never believed below 1, or if it cannot be read: nothing would ever be sent.
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
      // An exporter that will not be looked into is only asked to export.
      return false
    }
  }

  /** How many batches may be in flight for one of this kind to follow. Arrays bound themselves to one, see {@link WholeBatchExporter}. */
  slotsFor({ isEncoded }: StagedBatch): number {
    return this.isLastChance && !isEncoded ? Infinity : this.#maxConcurrentBatches
  }

  get abandonedCount(): number {
    return this.#wholeBatches.abandonedCount
  }

  /**
   * A new batch, or undefined while there is no room for one; `onRoom` is called when that has changed. May throw.
   * `isNext` says that no other batch waits to be sent: arrays overlap only one by one, as they are handed over.
   */
  openBatch(onRoom: () => void, isNext: boolean): StagedBatch | undefined {
    if (this.isIncremental) {
      try {
        const batch = (this.#exporter as IncrementalSpanExporter).openBatch(onRoom)
        this.#hasOpened = true
        return batch ? new StagedBatch(batch, true) : undefined
      } catch (error) {
        // One that has never opened a batch cannot do it: a Proxy around one with private names, say. It is asked to export
        // arrays; what comes of that is counted, and said.
        if (this.#hasOpened) throw error
      }
    }
    return this.#wholeBatches.openBatch(this.isLastChance && isNext, !this.#barriers.isEmpty)
  }
}
