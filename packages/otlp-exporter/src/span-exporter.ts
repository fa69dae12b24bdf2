// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from './readable-span.js'
import type { Deadline } from './transport/operation.js'

/** Result of an export: code 0 is success, 1 is failure, as in `@opentelemetry/core`. */
export interface ExportResult {
  readonly code: number
  readonly error?: Error
}

/**
 * One batch that is filled span by span and sent once. The processor of `@spanring/batch-span-processor` knows it by its
 * shape; the two packages do not import each other.
 */
export interface SpanBatch {
  readonly spanCount: number
  /** Encoded size so far, in bytes. */
  readonly byteLength: number
  /**
   * `'full'`: not taken. Send this batch first, or, if it is empty, wait for `onRoom` and offer the span again.
   * `'rejected'` (invalid ids) and `'too_large'`: this span can never be sent; the caller counts it.
   */
  add(span: ReadableSpan): 'added' | 'full' | 'rejected' | 'too_large'
  /** Sends what was added. Never rejects; settles by `deadline.at`. */
  send(deadline: Deadline): Promise<BatchOutcome>
}

/** What became of each span of a batch: `exported` plus all of `failed` is the number of spans added. */
export interface BatchOutcome {
  readonly exported: number
  readonly failed: Readonly<Record<string, number>>
  readonly error?: Error
}

export type { Deadline }
