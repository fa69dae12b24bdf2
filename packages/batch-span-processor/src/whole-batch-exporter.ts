// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from './clock.js'
import { MAX_ABANDONED } from './limits.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, BatchTarget, Deadline, ExportResult, SpanExporter, StageableBatch } from './span-exporter.js'

/**
 * Lets the drain loop drive an exporter that takes an array: one batch between opening and settling, and so never two
 * calls of `export` at once, abandoned ones apart (I2).
 */
export class WholeBatchExporter implements BatchTarget {
  readonly maxConcurrentBatches = 1
  readonly #exporter: SpanExporter
  readonly #clock: Clock
  readonly #forgetMillis: number
  /** Each known by the array that its spans were in. */
  readonly #abandoned = new Map<ReadableSpan[], Timer>()
  #current: ReadableSpan[] | undefined
  #onRoom: (() => void) | undefined

  constructor(exporter: SpanExporter, clock: Clock, exportTimeoutMillis: number) {
    this.#exporter = exporter
    this.#clock = clock
    this.#forgetMillis = exportTimeoutMillis
  }

  /** Exports that passed their deadline and have not called back. */
  get abandonedCount(): number {
    return this.#abandoned.size
  }

  openBatch(onRoom: () => void): StageableBatch | undefined {
    if (this.#current !== undefined || this.#abandoned.size >= MAX_ABANDONED) {
      this.#onRoom = onRoom
      return undefined
    }
    const spans: ReadableSpan[] = []
    this.#current = spans
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
    deadline.signal.addEventListener('abort', () => this.#abandon(batch))
    const count = batch.length
    try {
      const result = await new Promise<ExportResult | undefined>((resolve, reject) => {
        // Only the exporter holds the spans from now on. Whatever else still refers to the batch, a timer or a promise that
        // the garbage collector has not seen yet, would carry 512 spans into the old generation: three times the work.
        const spans = batch.splice(0)
        // An exporter written as an async function fails by rejecting; fulfilment says nothing, the call back decides.
        Promise.resolve(this.#exporter.export(spans, resolve)).catch(reject)
      })
      if (result?.code === 0) return { exported: count, failed: {} }
      return { exported: 0, failed: { export_failed: count }, error: result?.error }
    } finally {
      this.#forget(batch)
    }
  }

  #abandon(batch: ReadableSpan[]): void {
    if (this.#current !== batch) return
    this.#current = undefined
    // Without a time-out there is no deadline to pass; only shutdown abandons such an export, and nothing comes after.
    if (this.#forgetMillis === Infinity) return
    this.#abandoned.set(
      batch,
      this.#clock.startTimer(() => this.#forget(batch), this.#forgetMillis),
    )
  }

  #forget(batch: ReadableSpan[]): void {
    if (this.#current === batch) this.#current = undefined
    this.#clock.stopTimer(this.#abandoned.get(batch))
    if (!this.#abandoned.delete(batch)) return
    this.#onRoom?.()
    this.#onRoom = undefined
  }

  /** Leaves no timer behind; an abandoned export may still call back, into nothing. */
  dispose(): void {
    for (const batch of this.#abandoned.keys()) this.#forget(batch)
  }
}
