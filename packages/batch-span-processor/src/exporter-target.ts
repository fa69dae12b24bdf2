// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js'
import type { FlushTickets } from './flush-tickets.js'
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
  readonly #tickets: FlushTickets
  readonly #wholeBatches: WholeBatchExporter
  /** The `export` that may be bypassed, because `openBatch` does the same; undefined if there is none. */
  readonly #exportOfBatches: SpanExporter['export'] | undefined
  readonly #maxConcurrentBatches: number

  constructor(exporter: SpanExporter, tickets: FlushTickets, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#tickets = tickets
    this.#wholeBatches = new WholeBatchExporter(exporter, clock, exportTimeoutMillis)
    this.#exportOfBatches = exportOfBatches(exporter)
    this.#maxConcurrentBatches = this.#exportOfBatches ? concurrencyOf(exporter as IncrementalSpanExporter) : 1
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
   * `isSendable` says that the batches before it can be sent: an array does not overlap with one that has to wait.
   */
  openBatch(onRoom: () => void, isSendable: boolean): StagedBatch | undefined {
    const { isIncremental } = this
    const batch = isIncremental
      ? (this.#exporter as IncrementalSpanExporter).openBatch(onRoom)
      : this.#wholeBatches.openBatch(this.isLastChance && isSendable, !this.#tickets.isEmpty)
    return batch ? new StagedBatch(batch, isIncremental) : undefined
  }
}

/** Read once and never believed below 1, or if it cannot be read: nothing would ever be sent. */
function concurrencyOf(exporter: IncrementalSpanExporter): number {
  try {
    return Math.max(1, Math.floor(exporter.maxConcurrentBatches) || 1)
  } catch {
    return 1
  }
}
