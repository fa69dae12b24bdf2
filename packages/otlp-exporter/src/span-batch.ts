// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome as AnyOutcome, SpanBatch as AnyBatch, Deadline } from '@spanring/core'
import type { ReadableSpan } from './readable-span.js'

/** A batch of this exporter: filled span by span, closed, and sent once. */
export interface SpanBatch extends AnyBatch<ReadableSpan> {
  /**
   * Ends filling and gives back memory that the batch does not need. Further calls do nothing. `send` also closes a batch
   * that is still open.
   */
  close(): void
  send(deadline: Deadline): Promise<BatchOutcome>
}

/** What became of the spans of a batch: `exported` plus all counts in `failed` equals the number of spans added. */
export interface BatchOutcome extends AnyOutcome {
  /** The first failure. */
  readonly error?: Error
}
