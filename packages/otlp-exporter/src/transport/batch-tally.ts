// SPDX-License-Identifier: Apache-2.0
import type { PartialSuccess } from './answer/export-response.js'
import { ExporterError, errorTypeOf } from './exporter-error.js'
import type { FailureReason } from './exporter-error.js'
import type { Failure } from './answer/verdict.js'

/** What became of each span of a batch: `exported` plus all of `failed` is the number of spans. */
export interface SendOutcome {
  readonly exported: number
  readonly failed: Readonly<Partial<Record<FailureReason, number>>>
  /** The first failure. */
  readonly error?: ExporterError
}

/** Adds up what happens to the spans of one batch. */
export class Outcome {
  readonly spanCount: number
  readonly #where: string
  readonly #failed: Partial<Record<FailureReason, number>> = {}
  #failedCount = 0
  #exported = 0
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

  /** Spans of which nothing has been said yet. */
  get openCount(): number {
    return this.spanCount - this.#exported - this.#failedCount
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
    // A backend that rejects more than it was sent is not believed further than that.
    const rejected = Math.min(partial?.rejectedSpans ?? 0, count)
    this.#exported += count - rejected
    if (rejected === 0) return
    const why = partial?.message ? `: ${partial.message}` : ''
    this.fail(rejected, { reason: 'rejected', status, message: `rejected ${rejected} of ${count} spans${why}` })
  }

  fail(count: number, { reason, status, message, data }: Failure): void {
    this.#statusCode = status ?? this.#statusCode
    this.#failedCount += count
    this.#failed[reason] = (this.#failed[reason] ?? 0) + count
    this.#error ??= new ExporterError(reason, `${this.#where}: ${message}`, status, data)
  }

  result(): SendOutcome {
    const failed = { ...this.#failed }
    return this.#error === undefined
      ? { exported: this.#exported, failed }
      : { exported: this.#exported, failed, error: this.#error }
  }
}
