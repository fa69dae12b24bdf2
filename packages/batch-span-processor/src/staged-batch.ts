// SPDX-License-Identifier: Apache-2.0
import type { SpanBatch } from './span-exporter.js'

/** A batch of the exporter with what the drain loop must know of it; its own counts, which no exporter can falsify. */
export class StagedBatch {
  readonly batch: SpanBatch
  /** Sequence number of its oldest span; meaningless while it is empty. */
  firstSequence = 0
  count = 0
  /**
   * Stands for the call of `send` in the asynchronous context of the exporter. Not the batch itself: sockets that the
   * exporter keeps open keep the context in which they were opened.
   */
  readonly call: object = {}
  /** Tells the exporter that nobody waits for the outcome any more. */
  readonly abort: AbortController = new AbortController()

  constructor(batch: SpanBatch) {
    this.batch = batch
  }
}
