// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome as AnyOutcome, SpanBatch as AnyBatch, Deadline, StoredOutcome } from '@spanring/core'
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

/** What became of the spans of a batch: `exported`, `stored` and all counts in `failed` add up to the number of spans added. */
export interface BatchOutcome extends AnyOutcome {
  /** The first failure. */
  readonly error?: Error
  /** How much memory the stored spans hold, in bytes. Default: 0. */
  readonly storedBytes?: number
}

/** What became of stored spans. */
export interface SettledStored extends StoredOutcome {
  readonly error?: Error
  /** How much of `storedBytes` was given back, in bytes. */
  readonly freedBytes: number
}

/** As the transport sees a deadline. */
export interface SendDeadline extends Omit<Deadline, 'onOutcome' | 'onStoredOutcome'> {
  readonly onOutcome?: ((outcome: BatchOutcome) => void) | undefined
  readonly onStoredOutcome?: ((outcome: SettledStored) => void) | undefined
  /** Aborted when stored spans make their last attempt. Default: `closing`. */
  readonly storedClosing?: AbortSignal | undefined
}
