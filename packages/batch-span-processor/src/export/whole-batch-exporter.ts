// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome, Clock, ExportResult, ReadableSpan, SpanExporter } from '@spanring/core'
import { MAX_PAUSE_MILLIS } from '../limits.js'
import { StagedBatch } from '../batching/staged-batch.js'

/**
 * Lets the drain loop drive an exporter that takes an array: one batch at a time between opening and outcome, and so never
 * two calls of `export` at once, except for abandoned ones and a hidden page (I2).
 *
 * An exporter that does not answer may retain every array that it was given. So each abandoned export in a row doubles the
 * pause before the next one; exports that overlap count as one. A single answer, even a late one, ends the pause, and a flush
 * or a shutdown does not wait for it.
 */
export class WholeBatchExporter {
  /**
   * Exports that passed their deadline and have not called back. Nothing of them is held here. Each can only have begun one
   * time-out after the previous one, or when a page was hidden; what the exporter retains is out of reach.
   */
  abandonedCount = 0
  readonly #exporter: SpanExporter
  readonly #clock: Clock
  readonly #timeoutMillis: number
  /** Batches opened, and neither answered nor abandoned. */
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
   * Undefined while another batch is open or under way, unless they may overlap, and in the pause after an abandoned one,
   * unless a flush waits.
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

  /** Settles when the exporter has answered. If it never does, the caller times out and abandons the batch. */
  async #send(batch: ReadableSpan[]): Promise<BatchOutcome> {
    const count = batch.length
    try {
      const result = await new Promise<ExportResult | undefined>((resolve, reject) => {
        // Only the exporter holds the spans from now on. Anything else that still refers to the batch, like a timer or a
        // promise that was not collected yet, would promote 512 spans to the old generation: three times the work.
        const spans = batch.splice(0)
        // An exporter written as an async function fails by rejecting; if it fulfils, the callback still decides.
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
    // 0, 1, 3, 7 … time-outs: the abandoned export has taken one itself.
    this.#pauseMillis = Math.min(2 * this.#pauseMillis + this.#timeoutMillis, MAX_PAUSE_MILLIS)
  }
}
