// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome, Clock, ExportResult, ReadableSpan, SpanExporter } from '@spanring/core'
import { MAX_PAUSE_MILLIS } from '../limits.js'
import { StagedBatch } from './staged-batch.js'

/**
 * Lets the drain loop use an exporter that takes an array. Only one batch at a time is between opening and outcome, so calls
 * of `export` never overlap, except for abandoned ones and when a page is hidden (I2).
 *
 * An exporter that does not call back may retain every array that it was given. So each abandoned export in a row doubles the
 * pause before the next one. Exports that overlap count as one. A single callback, even a late one, ends the pause. A flush
 * or a shutdown does not wait for the pause to end.
 */
export class WholeBatchExporter {
  /**
   * Exports that passed their deadline and have not called back. We hold none of their spans, but cannot free what the
   * exporter retains. Each of them began at least one time-out after the previous one, or when a page was hidden.
   */
  abandonedCount = 0
  readonly #exporter: SpanExporter
  readonly #clock: Clock
  readonly #timeoutMillis: number
  /** Batches that were opened and whose export has neither called back nor been abandoned. */
  readonly #live = new Set<ReadableSpan[]>()
  #abandonedAt = -Infinity
  #notBefore = -Infinity
  /** The pause after the next abandoned export, in milliseconds. */
  #pauseMillis = 0

  constructor(exporter: SpanExporter, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#clock = clock
    this.#timeoutMillis = exportTimeoutMillis
  }

  /**
   * A new batch. Undefined while another batch is open or under way, unless they may overlap. Also undefined in the pause
   * after an abandoned export, unless a flush waits.
   */
  openBatch(mayOverlap?: boolean, isAwaited?: boolean): StagedBatch | undefined {
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

  /** Settles when the exporter calls back. If it never does, the caller times out and abandons the batch. */
  async #send(batch: ReadableSpan[]): Promise<BatchOutcome> {
    const count = batch.length
    try {
      const result = await new Promise<ExportResult | undefined>((resolve, reject) => {
        // From now on only the exporter holds the spans. Timers or promises that are not collected yet may still refer to the
        // batch, and would otherwise promote 512 spans to the old generation, which is three times the work.
        const spans = batch.splice(0)
        // An `export` that is an async function may fail by rejecting. If it fulfils, the callback still decides.
        Promise.resolve(this.#exporter.export(spans, resolve)).catch(reject)
      })
      if (result?.code !== 0) throw result?.error
      return { exported: count, failed: {} }
    } finally {
      if (!this.#live.delete(batch)) this.abandonedCount--
      this.#notBefore = -Infinity
      this.#pauseMillis = 0
    }
  }

  #abandon(startedAt: number): void {
    this.abandonedCount++
    if (startedAt < this.#abandonedAt) return
    this.#abandonedAt = this.#clock.now()
    this.#notBefore = this.#abandonedAt + this.#pauseMillis
    // 0, 1, 3, 7 … time-outs, in addition to the one that the abandoned export has already taken.
    this.#pauseMillis = Math.min(2 * this.#pauseMillis + this.#timeoutMillis, MAX_PAUSE_MILLIS)
  }
}
