// SPDX-License-Identifier: Apache-2.0
import type { Bound } from '@spanring/core'
import type { BatchOutcome, SendDeadline } from './span-batch.js'
import type { EncodedBatch } from './encode/encoded-batch.js'

/** What the exporter needs of a transport. The exporter knows no more of it, so it can run without loading one. */
export interface BatchTransport {
  /**
   * Sends a batch, which the caller releases afterwards. Never rejects. Settles by `deadline.at` or after `timeoutMillis`,
   * whichever is earlier; spans that are stored by then are settled later, through `deadline.onStoredOutcome`. After `shutdown` it settles at once, without sending anything.
   */
  sendBatch(batch: EncodedBatch, deadline: SendDeadline): Promise<BatchOutcome>
  /**
   * Ends back-offs with one last try, waits for batches under way until the bound, then closes every connection. A batch that
   * has no outcome by then counts as failed for the reason `shutdown`. A second call returns the same promise.
   */
  shutdown(bound: Bound): Promise<void>
  /** How many batches more than there are connections it takes at this moment. */
  extraBatches?(): number
  /** A batch will be sent soon. Called for each batch, when it is opened; must be quick, because a span may be ending. */
  prepare?(): void
  /** In the `exit` event: puts on disk what has no outcome. Returns how many batches and stored requests that were. */
  keepNow?(): number
  /** Reports to the hooks at once what has happened in another thread. */
  poll?(): void
}
