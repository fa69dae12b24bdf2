// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome } from '../span-batch.js'
import type { PartialSuccess } from './answer/export-response.js'
import { ExporterError, errorTypeOf } from './exporter-error.js'
import type { Failure } from './exporter-error.js'

/** Adds up what becomes of the spans of one batch, request by request, and produces the outcome. */
export class BatchTally {
  readonly spanCount: number
  readonly #where: string
  readonly #failed: Record<string, number> = {}
  #failedCount = 0
  #exported = 0
  #stored = 0
  #storedBytes = 0
  #error: ExporterError | undefined
  #statusCode: number | undefined
  #attemptCount = 0
  readonly #onAttempt: (() => void) | undefined

  constructor(spanCount: number, where: string, onAttempt?: () => void) {
    this.spanCount = spanCount
    this.#where = where
    this.#onAttempt = onAttempt
  }

  get statusCode(): number | undefined {
    return this.#statusCode
  }

  get attemptCount(): number {
    return this.#attemptCount
  }

  get failedCount(): number {
    return this.#failedCount
  }

  /** Spans that are neither exported, stored nor failed so far. */
  get openCount(): number {
    return this.spanCount - this.#exported - this.#failedCount - this.#stored
  }

  get errorType(): string | undefined {
    return this.#error && errorTypeOf(this.#error.code)
  }

  attempt(): void {
    this.#attemptCount += 1
    this.#onAttempt?.()
  }

  accept(count: number, status: number, partial: PartialSuccess | undefined): void {
    this.#statusCode = status
    // A backend may claim to have rejected more spans than it was sent.
    const rejected = Math.min(partial?.rejectedSpans ?? 0, count)
    this.#exported += count - rejected
    if (rejected === 0) return
    const why = partial?.message ? `: ${partial.message}` : ''
    this.fail(rejected, { reason: 'rejected', status, message: `rejected ${rejected} of ${count} spans${why}` })
  }

  /** These spans wait for the backend, in so many bytes of memory. */
  store(count: number, bytes: number): void {
    this.#stored += count
    this.#storedBytes += bytes
  }

  fail(count: number, { reason, status, message, data }: Failure): void {
    if (count === 0) return
    this.#statusCode = status ?? this.#statusCode
    this.#failedCount += count
    this.#failed[reason] = (this.#failed[reason] ?? 0) + count
    this.#error ??= new ExporterError(reason, `${this.#where}: ${message}`, status, data)
  }

  outcome(): BatchOutcome {
    return {
      exported: this.#exported,
      failed: { ...this.#failed },
      ...(this.#stored > 0 && { stored: this.#stored, storedBytes: this.#storedBytes }),
      ...(this.#error !== undefined && { error: this.#error }),
    }
  }
}
