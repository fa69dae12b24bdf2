// SPDX-License-Identifier: Apache-2.0
import type { SpanBatch, SpanResource } from '@spanring/core'
import { LateAbortController } from '../export/late-abort-controller.js'

/** A batch of the exporter with what the drain loop must know of it; its own counts, which no exporter can falsify. */
export class StagedBatch {
  /** What the processor uses of it: it counts for itself, so no exporter can falsify its counts. */
  readonly batch: Pick<SpanBatch, 'add' | 'close' | 'send'>
  /** Whether its spans are bytes of the exporter's by now; otherwise they are the objects that the application ended. */
  readonly isEncoded: boolean
  /** Sequence number of its oldest span; Infinity while it is empty. */
  oldest: number = Infinity
  count = 0
  /** No span in it ended before this, on the clock's scale. */
  since = 0
  /** Resources that were still being detected when their spans were added: the batch is not sent before they are known. */
  pending: Set<SpanResource> | undefined
  /** When its outcome is so late that nothing can be waiting for it any more, on the clock's scale; Infinity before it is sent. */
  lostAt: number = Infinity
  /** Whether a turn has found it that late. */
  isOverdue = false
  /** Tells the exporter that nobody waits for the outcome any more. Made when it is sent, maybe in another request of a worker. */
  readonly abort: LateAbortController = new LateAbortController()

  /** Called when nobody waits for the outcome any more, before the signal, which an exporter may not hear. */
  readonly onAbandoned: (() => void) | undefined

  constructor(batch: StagedBatch['batch'], isEncoded: boolean, onAbandoned?: () => void) {
    this.batch = batch
    this.isEncoded = isEncoded
    this.onAbandoned = onAbandoned
  }
}
