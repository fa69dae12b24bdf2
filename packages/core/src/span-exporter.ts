// SPDX-License-Identifier: Apache-2.0
import type { SpanContext } from '@opentelemetry/api'

/**
 * The part of a finished span that the processor reads. The type is structural: the spans of every SDK line match it, and no
 * SDK has to be imported.
 */
export interface ReadableSpan {
  spanContext(): SpanContext
  readonly resource: SpanResource
}

/** The part of an SDK `Resource` that tells whether its asynchronous attributes are known yet. */
export interface SpanResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

/** Result of an export: code 0 is success, 1 is failure, as in `@opentelemetry/core`. */
export interface ExportResult {
  readonly code: number
  readonly error?: Error
}

/** The `SpanExporter` of any OpenTelemetry SDK line; its methods may be called with spans of any SDK. */
export interface SpanExporter {
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void
  shutdown(): Promise<void>
  forceFlush?(): Promise<void>
}

/**
 * A span exporter that also accepts a batch span by span, so that the processor can spread the work of encoding over
 * several iterations of the event loop. The processor decides *when*; the exporter is responsible for *bytes and network*.
 */
export interface IncrementalSpanExporter extends SpanExporter {
  /** How many batches may be in flight at once, that is between `send` and their outcome. At least 1. */
  readonly maxConcurrentBatches: number
  /**
   * How many batches more the exporter takes at this moment, because it goes on sending while this thread is busy. Asked before
   * each batch is sent, so it must be quick. Default: none.
   */
  extraBatches?(): number
  /**
   * Returns a new empty batch, or undefined if there is no room for one. In that case the exporter calls `onRoom` as soon as
   * there is room. `onRoom` only wakes the processor, so calling it early, late or repeatedly does no harm.
   */
  openBatch(onRoom: () => void): SpanBatch | undefined
  /**
   * The original `export` of the class, which does the same as `openBatch` and `send`. The processor hands spans over one
   * by one only while `export` is this very function. Once `export` is wrapped, every span goes through the wrapper.
   * Default: the `export` found beside `openBatch` when the processor is constructed, so an earlier wrapper goes unnoticed.
   */
  readonly exportOfBatches?: SpanExporter['export'] | undefined
  /**
   * For an exporter that can still send in the `exit` event of a process, in which promises and timers no longer run. It calls
   * `drain` there, again and again as outcomes arrive: the processor hands over everything that is queued and calls `send`,
   * all in the call.
   */
  onExit?(drain: () => void): void
}

/**
 * One batch of an {@link IncrementalSpanExporter}. The processor adds spans, closes the batch when it is full, due or
 * flushed, and sends it when a slot is free. The exporter owns the memory of the batch from `openBatch` to the outcome: the
 * processor does not keep a span that was added.
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
   * Adds one span. Runs on the main thread, sometimes inside `span.end()`.
   *
   * - `'added'`.
   * - `'full'`: not added. If the batch holds spans, it is closed, and the span goes into the next one. If it is empty,
   *   there is no room for the span at present: it stays queued and is offered again when `onRoom` is called. An exporter
   *   that holds nothing never returns `'full'` for the first span of a batch.
   * - `'rejected'` or `'too_large'`: not added. This span can never be sent, and is counted as failed for that reason.
   */
  add(span: Span): 'added' | 'full' | 'rejected' | 'too_large'
  /**
   * No span is added after this call. The batch may now wait for a slot, so release any memory that it does not need. An
   * empty batch is closed but never sent. Optional; the processor calls it once, except for batches that are left at the end
   * of its `shutdown`: the `shutdown` of the exporter releases those. A wrapper around an exporter must pass the call on.
   */
  close?(): void
  /** Sends the added spans; called once. It must not reject, and must settle by `deadline.at`. */
  send(deadline: Deadline): Promise<BatchOutcome>
}

/** The time by which a batch must settle, and two signals that may end it earlier. */
export interface Deadline {
  /**
   * In milliseconds, on the scale of `performance.now()`: in Node.js that of `node:perf_hooks`, which a test environment
   * such as jsdom does not replace; elsewhere the global one. Infinity without a limit.
   */
  readonly at: number
  /** Aborted when the outcome is no longer awaited: release everything that the export holds. */
  readonly signal: AbortSignal
  /** Aborted when the processor shuts down: end any back-off now and make one last attempt. */
  readonly closing: AbortSignal
  /**
   * Counts the outcome in the call. For an exporter that may learn it in the `exit` event of a process, or right before that
   * event: the promise of `send` then never settles. An exporter that cannot need not call it. The first outcome counts, whether
   * it comes from here or from the promise.
   */
  readonly onOutcome?: ((outcome: BatchOutcome) => void) | undefined
  /**
   * Takes what has become of spans that the outcome counts as stored: once, or several times until all of them are accounted
   * for. Without it an exporter must not store any.
   */
  readonly onStoredOutcome?: ((outcome: StoredOutcome) => void) | undefined
}

/** What became of the spans of a batch: `exported`, `stored` and all counts in `failed` add up to the number of spans added. */
export interface BatchOutcome {
  readonly exported: number
  /** Count by reason, in lower snake case. */
  readonly failed: Readonly<Record<string, number>>
  /**
   * Spans that the exporter keeps past the deadline, because the backend is down, and sends later. They need no slot. What
   * becomes of them is told by {@link Deadline.onStoredOutcome}. Default: 0.
   */
  readonly stored?: number | undefined
  /** The error with which `forceFlush` rejects. Default: an error that lists the reasons in `failed`. */
  readonly error?: unknown
}

/** What became of spans that were stored. */
export interface StoredOutcome {
  readonly exported: number
  /** Count by reason, in lower snake case. */
  readonly failed: Readonly<Record<string, number>>
  /**
   * Spans that outlive this process, on disk. They stay counted as stored, and nobody has to wait for them any more.
   * Default: 0.
   */
  readonly kept?: number | undefined
  /** As in {@link BatchOutcome}. */
  readonly error?: unknown
}
