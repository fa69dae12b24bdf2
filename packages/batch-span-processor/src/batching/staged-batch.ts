// SPDX-License-Identifier: Apache-2.0
import type { SpanBatch, SpanResource } from '@spanring/core'
import { LateAbortController } from '../export/late-abort-controller.js'

/**
 * What the processor knows of one batch, from its opening to its outcome. It holds no span: those are in `batch`, whose
 * memory is the exporter's. The counts are our own, so no exporter can falsify them.
 */
export class StagedBatch {
  readonly batch: Pick<SpanBatch, 'add' | 'close' | 'send'>
  /** Whether the exporter holds its spans as bytes; otherwise as the objects that the application ended. */
  readonly isEncoded: boolean
  /** Sequence number of its oldest span; Infinity while it is empty. */
  oldest: number = Infinity
  count = 0
  /** A lower bound for the time at which its oldest span ended, on the clock's scale. */
  since = 0
  /** Resources that were still being detected when their spans were added: the batch is not sent before they are known. */
  pending: Set<SpanResource> | undefined
  /** From when on a missing outcome means that its timer is gone, on the clock's scale; Infinity before it is sent. */
  lostAt: number = Infinity
  /** Tells the exporter that nobody waits for the outcome any more. */
  readonly abort: LateAbortController = new LateAbortController()
  /** Called when nobody waits for the outcome any more, before the signal, which an exporter may ignore. */
  readonly onAbandoned: (() => void) | undefined

  constructor(batch: StagedBatch['batch'], isEncoded: boolean, onAbandoned?: () => void) {
    this.batch = batch
    this.isEncoded = isEncoded
    this.onAbandoned = onAbandoned
  }
}
