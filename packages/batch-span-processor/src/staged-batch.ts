// SPDX-License-Identifier: Apache-2.0
import type { StageableBatch } from './span-exporter.js'

/** A batch of the exporter with what the drain loop must know of it; its own counts, which no exporter can falsify. */
export interface StagedBatch {
  readonly batch: StageableBatch
  /** Sequence number of its oldest span; Infinity while it is empty. */
  oldest: number
  count: number
  /** Tells the exporter that nobody waits for the outcome any more. */
  readonly abort: AbortController
}
