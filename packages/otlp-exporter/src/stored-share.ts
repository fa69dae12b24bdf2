// SPDX-License-Identifier: Apache-2.0
import type { Deadline, StoredOutcome } from '@spanring/core'
import type { ByteBudget } from './byte-budget.js'
import type { SettledStored } from './span-batch.js'

/**
 * The stored spans of a batch: their share of the byte budget, and who is told what becomes of them. Small, since an outage may
 * leave tens of thousands of them: it refers to nothing of the batch.
 */
export class StoredShare {
  readonly #budget: ByteBudget
  readonly #onStored: (outcome: SettledStored) => void
  readonly #onOutcome: NonNullable<Deadline['onStoredOutcome']>
  /** What came before the outcome of the batch, which has to come first. */
  #early: SettledStored[] | undefined = []

  constructor(
    budget: ByteBudget,
    onStored: (outcome: SettledStored) => void,
    onOutcome: NonNullable<Deadline['onStoredOutcome']>,
  ) {
    this.#budget = budget
    this.#onStored = onStored
    this.#onOutcome = onOutcome
  }

  /** The outcome of the batch is known to everybody. Its stored spans go on holding `storedBytes`. */
  begin(): void {
    const early = this.#early
    this.#early = undefined
    for (const outcome of early ?? []) this.settle(outcome)
  }

  readonly settle = (outcome: SettledStored): void => {
    if (this.#early !== undefined) {
      this.#early.push(outcome)
      return
    }
    this.#budget.release(outcome.freedBytes)
    if (!isEnd(outcome)) return
    this.#onStored(outcome)
    const { exported, failed, kept, error } = outcome
    this.#onOutcome({ exported, failed, ...(kept !== undefined && { kept }), ...(error !== undefined && { error }) })
  }
}

/** Whether it says anything about spans, and not about memory alone. */
function isEnd({ exported, failed, kept = 0 }: StoredOutcome): boolean {
  return exported > 0 || kept > 0 || Object.keys(failed).length > 0
}
