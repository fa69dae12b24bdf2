// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome, Clock, ExportResult, ReadableSpan, SpanExporter } from '@spanring/core'
import { MAX_PAUSE_MILLIS } from '../limits.js'
import { StagedBatch } from '../batching/staged-batch.js'

/**
 * Lets the drain loop drive an exporter that takes an array: one batch between opening and settling, and so never two
 * calls of `export` at once, abandoned ones and page hides apart (I2).
 *
 * An exporter that does not answer keeps what it was given, and it grows with every export that it is asked for. So each
 * one in a row that is abandoned doubles the time until the next may begin; those that overlap are one. A single answer,
 * even a late one, ends that, and a flush or a shutdown does not wait for it.
 */
export class WholeBatchExporter {
  /**
   * Exports that passed their deadline and have not called back. Nothing of them is held here: each can only have begun
   * one time-out after the one before, or as a page was hidden, and what its exporter keeps nobody can take away.
   */
  abandonedCount = 0
  readonly #exporter: SpanExporter
  readonly #clock: Clock
  readonly #timeoutMillis: number
  /** Opened, and neither answered nor abandoned. */
  readonly #live = new Set<ReadableSpan[]>()
  #abandonedInARow = 0
  #abandonedAt = -Infinity
  #notBefore = -Infinity

  constructor(exporter: SpanExporter, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#clock = clock
    this.#timeoutMillis = exportTimeoutMillis
  }

  /**
   * Undefined while another batch is open or under way, unless it may overlap, and in the pause after one that was
   * abandoned, unless somebody waits for it.
   */
  openBatch(mayOverlap = false, isAwaited = false): StagedBatch | undefined {
    if (!mayOverlap && (this.#live.size > 0 || (!isAwaited && this.#clock.now() < this.#notBefore))) return undefined
    const spans: ReadableSpan[] = []
    let startedAt = Infinity
    this.#live.add(spans)
    const batch: StagedBatch['batch'] = {
      add: (span) => {
        spans.push(span)
        return 'added'
      },
      send: () => {
        startedAt = this.#clock.now()
        return this.#send(spans)
      },
    }
    return new StagedBatch(batch, false, () => {
      if (this.#live.delete(spans)) this.#abandon(startedAt)
    })
  }

  /** Settles when the exporter has answered; that it does not is for the caller to notice, who then abandons the batch. */
  async #send(batch: ReadableSpan[]): Promise<BatchOutcome> {
    const count = batch.length
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
      this.#abandonedInARow = 0
      this.#notBefore = -Infinity
    }
  }

  #abandon(startedAt: number): void {
    this.abandonedCount++
    if (startedAt < this.#abandonedAt) return
    this.#abandonedAt = this.#clock.now()
    this.#abandonedInARow++
    // The abandoned one took a time-out itself: after the first the next one begins at once, then 1, 3, 7 … later.
    const pause = this.#timeoutMillis * (2 ** (this.#abandonedInARow - 1) - 1)
    this.#notBefore = this.#clock.now() + Math.min(pause, MAX_PAUSE_MILLIS)
  }
}
