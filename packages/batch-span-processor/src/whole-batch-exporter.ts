// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, BatchTarget, Deadline, ExportResult, SpanExporter, StageableBatch } from './span-exporter.js'

/**
 * Lets the drain loop drive an exporter that takes an array: one batch between opening and settling, and so never two
 * calls of `export` at once, abandoned ones and page hides apart (I2).
 */
export class WholeBatchExporter implements BatchTarget {
  /** How many batches may be open or under way: one, and any number when a page is hidden, since there may be no later. */
  maxConcurrentBatches = 1
  /**
   * Exports that passed their deadline and have not called back. Nothing of them is held here: each can only have begun
   * one time-out after the one before, or as a page was hidden, and what its exporter keeps nobody can take away.
   */
  abandonedCount = 0
  readonly #exporter: SpanExporter
  /** Opened, and neither answered nor abandoned. */
  readonly #live = new Set<ReadableSpan[]>()

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter
  }

  openBatch(): StageableBatch | undefined {
    if (this.#live.size >= this.maxConcurrentBatches) return undefined
    const spans: ReadableSpan[] = []
    this.#live.add(spans)
    return {
      add: (span) => {
        spans.push(span)
        return 'added'
      },
      send: (deadline) => this.#send(spans, deadline),
    }
  }

  /** Settles when the exporter has answered; that it does not is for the caller to notice, who then aborts the signal. */
  async #send(batch: ReadableSpan[], deadline: Deadline): Promise<BatchOutcome> {
    const count = batch.length
    deadline.signal.addEventListener('abort', () => {
      if (this.#live.delete(batch)) this.abandonedCount++
    })
    try {
      const result = await new Promise<ExportResult | undefined>((resolve, reject) => {
        // Only the exporter holds the spans from now on. Whatever else still refers to the batch, a timer or a promise that
        // the garbage collector has not seen yet, would carry 512 spans into the old generation: three times the work.
        const spans = batch.splice(0)
        // An exporter written as an async function fails by rejecting; fulfilment says nothing, the call back decides.
        Promise.resolve(this.#exporter.export(spans, resolve)).catch(reject)
      })
      if (result?.code !== 0) throw result?.error
      return { exported: count, failed: {} }
    } finally {
      if (!this.#live.delete(batch)) this.abandonedCount--
    }
  }
}
