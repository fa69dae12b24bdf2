// SPDX-License-Identifier: Apache-2.0

/** One thing that is measured: a batch of the same operation, and what happens off the clock between two batches. */
export interface MicroCase {
  /** One operation takes nanoseconds and a look at the clock takes fifty, so a sample is a batch. */
  readonly opsPerBatch: number
  batch(): void
  /** Not timed. */
  between?(): Promise<void>
  /** After the last batch: where the spans of all of them are, warm-up included. */
  close?(): Promise<Counts>
}

export interface Counts {
  readonly ended: number
  readonly accepted: number
  readonly dropped: number
}
