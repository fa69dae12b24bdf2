// SPDX-License-Identifier: Apache-2.0
import type { SdkLine } from '@spanring/sdk-lines'

/** One thing that is measured: a batch of the same operation, and what happens off the clock between two batches. */
export interface MicroCase {
  /** One operation takes nanoseconds and a look at the clock takes fifty, so a sample is a batch. */
  readonly opsPerBatch: number
  /** How long batches are on the clock, in all. Default: 1,500. */
  readonly measuredMillis?: number
  batch(): void
  /** Not timed. */
  between?(): Promise<void>
  /** After the last batch: where the spans of all of them are, warm-up included. */
  close?(): Promise<Counts>
}

/** On the line of the SDK that makes the spans; a case without spans does not care. */
export type CreateCase = (line: SdkLine) => Promise<MicroCase>

export interface Counts {
  readonly ended: number
  readonly accepted: number
  readonly dropped: number
}
