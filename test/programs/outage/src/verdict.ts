// SPDX-License-Identifier: Apache-2.0
import type { OutageArguments } from './arguments.js'
import type { RunFigures } from './run-figures.js'

/** The memory of default options is promised to hold so many spans of a server: a minute of 10,000 a second. */
const HELD_IN_MEMORY = 600_000

type Terms = Pick<OutageArguments, 'seconds' | 'rate' | 'hasSpool'>

/** Spans that ours has lost or doubled and must not, in words. Of stock nothing is asked. */
export function faultsOf(run: RunFigures, { seconds, rate, hasSpool }: Terms): string[] {
  const { contender, kills, missingOld, missingYoung, twice, requestsAgain, account } = run
  if (contender === 'stock') return []
  const faults: string[] = []
  const missing = missingOld + missingYoung
  if (kills.length === 0 && twice > 0) faults.push(`${twice} spans were delivered twice`)
  // Between sending and noting that it was sent, a crash may come.
  if (kills.length > 0 && requestsAgain > kills.length)
    faults.push(`${requestsAgain} batches were delivered twice, with ${kills.length} kills`)
  if (hasSpool) {
    // What has no place in the time of a run is still there for the next process.
    const kept = account?.kept ?? 0
    if (missingOld > kept) faults.push(`${missingOld - kept} spans are missing that were old enough to be in the spool`)
  } else if (kills.length === 0) {
    if (seconds * rate <= HELD_IN_MEMORY && missing > 0) faults.push(`${missing} spans are missing`)
    const lost = account?.lost ?? 0
    if (missing > lost) faults.push(`${missing} spans are missing, and ${lost} are counted as lost`)
  }
  return faults
}
