// SPDX-License-Identifier: Apache-2.0
import { integer } from './format.js'

/** What spanring tells about every span that ended. */
export interface Counts {
  readonly ended: number
  readonly exported: number
  readonly queued: number
  readonly inFlight: number
  readonly stored: number
  readonly failed: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
}

export interface Account {
  readonly ended: number
  /** Counted by the sink. */
  readonly delivered: number
  /** Undefined: the processor does not tell. */
  readonly counts: Counts | undefined
}

export interface Balance {
  /** `ended = …`, for people. */
  readonly equations: readonly string[]
  /** Empty if the accounting closes. */
  readonly faults: readonly string[]
}

/** Holds the word of the processor against what went in and what the sink received. */
export function settle({ ended, delivered, counts }: Account): Balance {
  if (!counts) {
    const faults = delivered > ended ? [`${integer(delivered)} delivered, and only ${integer(ended)} ended`] : []
    return {
      equations: [`ended ${integer(ended)} = delivered ${integer(delivered)} + no count ${integer(ended - delivered)}`],
      faults,
    }
  }
  const { exported, queued, inFlight, stored } = counts
  const failed = total(counts.failed)
  const dropped = total(counts.dropped)
  const accounted = exported + failed + dropped + queued + inFlight + stored
  const faults: string[] = []
  if (counts.ended !== ended) faults.push(`${integer(ended)} spans ended, and the processor counted ${integer(counts.ended)}`)
  if (accounted !== ended) faults.push(`${integer(ended)} spans ended, and ${integer(accounted)} are accounted for`)
  const same = delivered === exported ? '=' : '≠'
  if (delivered !== exported) faults.push(`${integer(exported)} exported, and the sink received ${integer(delivered)}`)
  const parts = [`exported ${integer(exported)}`, `failed ${integer(failed)}`, `dropped ${integer(dropped)}`]
  parts.push(`queued ${integer(queued)}`, `in flight ${integer(inFlight)}`, `stored ${integer(stored)}`)
  const equations = [
    `ended ${integer(ended)} = ${parts.join(' + ')}`,
    `exported ${integer(exported)} ${same} delivered ${integer(delivered)}`,
  ]
  return { equations, faults }
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
