// SPDX-License-Identifier: Apache-2.0
import type { CellOutcome } from './cell-outcome.js'

export interface Explanation {
  readonly applies: (cell: CellOutcome) => boolean
  /** For the document, as one sentence or two. */
  readonly why: string
}

/** Why cells are red. A red cell without an explanation is a failure; so is an explanation without a red cell. */
export const EXPLANATIONS: readonly Explanation[] = [
  {
    applies: ({ sdk, exporter, fault }) =>
      ['1.30', '2.0'].includes(sdk) && exporter.startsWith('spanring') && fault === '700 spans differ in .flags, .links[].flags',
    why:
      'The stock exporters of these lines leave out the flags of spans and links, and ours sends them on every line, as the ' +
      'stock exporters do from 2.12 on. Nothing else differs.',
  },
]
