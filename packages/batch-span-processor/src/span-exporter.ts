// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from './readable-span.js'

/** Result of an export: code 0 is success, 1 is failure, as in `@opentelemetry/core`. */
export interface ExportResult {
  readonly code: number
  readonly error?: Error
}

/** The `SpanExporter` of the OpenTelemetry SDK, any line; its methods may be called with spans of any SDK. */
export interface SpanExporter {
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void
  shutdown(): Promise<void>
  forceFlush?(): Promise<void>
}

/**
 * A span exporter that also takes a batch span by span, so that the processor can spread the work of encoding over
 * event-loop turns. *When* belongs to the processor, *bytes and network* to the exporter.
 */
export interface IncrementalSpanExporter extends SpanExporter {
  /** How many batches may be between `send` and their outcome at once; at least 1. */
  readonly maxConcurrentBatches: number
  /**
   * A new empty batch, or undefined while there is no room for one. In that case the exporter calls `onRoom` once when
   * that has changed; the call only wakes the processor, so an early, late or repeated one does no harm.
   */
  openBatch(onRoom: () => void): SpanBatch | undefined
  /**
   * The `export` that does the same as `openBatch` and `send`, as the class was built with it. Spans are handed over one
   * by one only while `export` is this very function; when somebody has wrapped it, every span goes through the wrapper.
   * Default: the `export` beside `openBatch` when the processor is made, so a wrapper from before that goes unnoticed.
   */
  readonly exportOfBatches?: SpanExporter['export'] | undefined
}

/** The part of a batch that the drain loop uses; it keeps counts of its own, which no exporter can falsify. */
export interface StageableBatch extends Pick<SpanBatch, 'add' | 'send'> {
  /** Nobody waits for the outcome any more; said before the signal, which may not be heard. */
  abandon?(): void
}

/** One batch on its way through an {@link IncrementalSpanExporter}. */
export interface SpanBatch {
  readonly spanCount: number
  /** Encoded size so far, in bytes. */
  readonly byteLength: number
  /**
   * Takes one span. Runs on the main thread, at times inside `span.end()`.
   *
   * - `'added'`.
   * - `'full'`: the span was not taken. A batch that holds spans is sent, and the span goes into the next one. If this
   *   one is empty, there is no room for the span at the time: it stays queued, and is offered again when `onRoom` is
   *   called. An exporter that holds nothing never says so of an empty batch.
   * - `'rejected'` or `'too_large'`: this span alone can never be sent, and is counted as failed for that reason.
   */
  add(span: ReadableSpan): 'added' | 'full' | 'rejected' | 'too_large'
  /** Sends what was added, once. Never rejects; settles by `deadline.at`. */
  send(deadline: Deadline): Promise<BatchOutcome>
}

/** By when a batch is settled, and the two ways in which the processor hurries its exporter. */
export interface Deadline {
  /** On the scale of `performance.now()`, in milliseconds; Infinity without a limit. */
  readonly at: number
  /** Aborted when nobody waits for the outcome any more: free everything the export holds. */
  readonly signal: AbortSignal
  /** Aborted when the processor shuts down: end a back-off now and try once more. */
  readonly closing: AbortSignal
}

/** What became of each span of a batch: `exported` plus all of `failed` is the number of spans added. */
export interface BatchOutcome {
  readonly exported: number
  /** Count by reason, in lower snake case. */
  readonly failed: Readonly<Record<string, number>>
  /** What `forceFlush` rejects with; a message is made from `failed` without it. */
  readonly error?: unknown
}

/**
 * The `export` of an incremental exporter that may be bypassed, or undefined if there is none. Known by its shape, and
 * only if its `export` is that of whoever brought `openBatch`: a subclass, a patch or a proxy with an `export` of its own,
 * to take secrets out of spans, say, wants every span to go through it.
 */
export function exportOfBatches(exporter: SpanExporter): SpanExporter['export'] | undefined {
  try {
    for (let owner = exporter as IncrementalSpanExporter; owner; owner = Object.getPrototypeOf(owner)) {
      if (!Object.hasOwn(owner, 'openBatch')) continue
      if (typeof (exporter as { openBatch?: unknown }).openBatch !== 'function') return undefined
      // What a class declares is not true of a subclass that brings an `openBatch` of its own.
      if (Object.hasOwn(owner, 'exportOfBatches')) return (exporter as IncrementalSpanExporter).exportOfBatches
      // oxlint-disable-next-line typescript/unbound-method -- only compared
      return owner.export
    }
  } catch {
    // An exporter that will not be looked into is only asked to export.
  }
  return undefined
}
