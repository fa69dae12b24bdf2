// SPDX-License-Identifier: Apache-2.0
import type { SpanBatch, SpanResource } from '@spanring/core'
import { LateAbortController } from './late-abort-controller.js'

/**
 * What the processor knows about one batch, from its opening to its outcome. The spans themselves are in `batch`, whose
 * memory belongs to the exporter. The counts are our own, so that no exporter can falsify them.
 */
export class StagedBatch {
  readonly batch: Pick<SpanBatch, 'add' | 'close' | 'send'>
  /** True if the exporter holds the spans as bytes, false if it holds them as objects. */
  readonly isEncoded: boolean
  /** Sequence number of its oldest span; Infinity while it is empty. */
  oldest: number = Infinity
  count = 0
  /** A lower bound for the time at which its oldest span ended, on the clock's scale. */
  since = 0
  /** Resources that were still being detected when their spans were added. The batch is not sent until they are known. */
  pending: Set<SpanResource> | undefined
  /** If there is no outcome by this time, its timer is gone. On the clock's scale; Infinity until the batch is sent. */
  lostAt: number = Infinity
  /** Tells the exporter that the outcome is no longer awaited. */
  readonly abort: LateAbortController = new LateAbortController()
  /** Called when the outcome is no longer awaited, before `abort` signals it, because an exporter may ignore the signal. */
  readonly onAbandoned: (() => void) | undefined

  constructor(batch: StagedBatch['batch'], isEncoded: boolean, onAbandoned?: () => void) {
    this.batch = batch
    this.isEncoded = isEncoded
    this.onAbandoned = onAbandoned
  }
}
