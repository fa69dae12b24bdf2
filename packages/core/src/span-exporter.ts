// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'

/**
 * What the processor itself reads of a finished span. Structural, so that the spans of every SDK line fit without an
 * import of any of them.
 */
export interface ReadableSpan {
  spanContext(): SpanContext
  readonly resource: SpanResource
}

/** The part of an SDK `Resource` that may still be on its way when the first spans end. */
export interface SpanResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

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
 * event-loop turns. The processor decides *when*; the exporter is responsible for *bytes and network*.
 */
export interface IncrementalSpanExporter extends SpanExporter {
  /** How many batches may be between `send` and their outcome at once; at least 1. */
  readonly maxConcurrentBatches: number
  /**
   * A new empty batch, or undefined while there is no room for one. In that case the exporter calls `onRoom` once there
   * is room. The call only wakes the processor, so an early, late or repeated one does no harm.
   */
  openBatch(onRoom: () => void): SpanBatch | undefined
  /**
   * The `export` that does the same as `openBatch` and `send`, as the class was built with it. The processor hands spans
   * over one by one only while `export` is this very function; once it is wrapped, every span goes through the wrapper.
   * Default: the `export` beside `openBatch` when the processor is made, so an earlier wrapper goes unnoticed.
   */
  readonly exportOfBatches?: SpanExporter['export'] | undefined
}

/**
 * One batch of an {@link IncrementalSpanExporter}. The processor adds spans, closes the batch when it is full, due or
 * flushed, and sends it when a slot is free.
 *
 * ```
 *   openBatch ──► open ── close() ──► closed ── send() ──► in flight ──► outcome
 *                  add()              waits for a slot
 * ```
 */
export interface SpanBatch<Span = ReadableSpan> {
  readonly spanCount: number
  /** Encoded size so far, in bytes. */
  readonly byteLength: number
  /**
   * Takes one span. Runs on the main thread, at times inside `span.end()`.
   *
   * - `'added'`.
   * - `'full'`: the span was not taken. If the batch holds spans, it is sent, and the span goes into the next one. If it
   *   is empty, there is no room for the span at present: the span stays queued, and is offered again when `onRoom` is
   *   called. An exporter that holds nothing never answers `'full'` to the first span of a batch.
   * - `'rejected'` or `'too_large'`: this span alone can never be sent, and is counted as failed for that reason.
   */
  add(span: Span): 'added' | 'full' | 'rejected' | 'too_large'
  /**
   * Ends filling: nothing is added after it. The batch may now wait for a slot, so give back memory that it does not
   * need. An empty batch that is closed is not sent. Optional; the processor calls it once.
   */
  close?(): void
  /** Sends what was added, once. Never rejects; settles by `deadline.at`. */
  send(deadline: Deadline): Promise<BatchOutcome>
}

/** The time by which a batch must be settled, and the two signals with which the processor hurries its exporter. */
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
  /** What `forceFlush` rejects with; without it a message is made from `failed`. */
  readonly error?: unknown
}
