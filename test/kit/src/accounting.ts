// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'

type Counts = Readonly<Record<string, number>>

/** Of `stats()` of a processor: how many spans ended, and where they are. */
interface Accounts {
  readonly ended: number
  readonly exported: number
  readonly failed: Counts
  readonly dropped: Counts
  readonly queued: number
  readonly encoded: number
  readonly inFlight: number
  readonly stored: number
}

export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** I1: as many spans as ended, because each of them is in exactly one place. */
export function accountedFor({ exported, failed, dropped, queued, encoded, inFlight, stored }: Omit<Accounts, 'ended'>): number {
  return exported + sumOf(failed) + sumOf(dropped) + queued + encoded + inFlight + stored
}

export function expectAccounted(accounts: Accounts): void {
  assert.equal(accountedFor(accounts), accounts.ended, 'I1: every span that ended is in exactly one place')
}
