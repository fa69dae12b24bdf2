// SPDX-License-Identifier: Apache-2.0
import type { Combination, Format } from './axes.js'

/** One cell of the matrix. */
export interface CellOutcome extends Combination {
  readonly sdk: string
  readonly runtime: string
  readonly format: Format
  /** What is wrong; undefined for a cell that is as it should be. */
  readonly fault: string | undefined
  /** The exporter was told to send from a thread of its own, and has said that it cannot. */
  readonly hasFallenBack: boolean
}
