// SPDX-License-Identifier: Apache-2.0

/** A line of the table at the end. */
export interface Row {
  readonly scenario: string
  readonly ended: number
  /** Different spans in the collector's file. */
  readonly stock: number | '–'
  readonly ours: number
  readonly 'ours twice': number
  /** Fields, by path, in which ours differs from stock. */
  readonly differences: number
  /** What makes the command fail. */
  readonly faults: readonly string[]
}
