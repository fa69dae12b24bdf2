// SPDX-License-Identifier: Apache-2.0
import { escaped } from './document.js'
import { faultsOf, lostCounted, seconds } from './outcome.js'
import type { Outcome, Wait } from './outcome.js'

/** A cell of the table: what must not happen stands first, in bold; then what was seen. */
export function describeOutcome(outcome: Outcome): string {
  if (outcome.notApplicable !== undefined) return `n/a: ${outcome.notApplicable}`
  const faults = faultsOf(outcome).map((fault) => `**${escaped(fault)}**`)
  if (outcome.crash !== undefined || outcome.blockedMillis !== undefined) return faults.join('; ')
  const facts = [settled(outcome.waits), accounted(outcome), ...outcome.notes.map(escaped)].filter((text) => text !== '')
  return [...faults, ...facts].join('; ')
}

/** Waits that took too long are told as faults. */
function settled(waits: readonly Wait[]): string {
  const good = waits.filter(({ status, millis, withinMillis }) => status !== 'hangs' && millis <= withinMillis)
  if (good.length === 0) return ''
  const longest = Math.max(...good.map(({ millis }) => millis))
  const what = good.length === waits.length ? 'settles' : `the rest settles`
  return longest < 50 ? `${what} at once` : `${what} in ${seconds(longest)}`
}

function accounted(outcome: Outcome): string {
  const { ended, delivered, lost, unaccounted, said, waits } = outcome
  if (unaccounted !== undefined) return unaccounted
  if (ended === 0) return ''
  const counted = lostCounted(outcome)
  const parts = [delivered === ended ? `all ${ended} delivered` : `${delivered} of ${ended} delivered`]
  if (counted > 0) {
    const reasons = Object.entries(lost).map(([reason, count]) => `${count} as \`${reason}\``)
    parts.push(`counted as lost: ${reasons.length === 1 ? reasons[0] : reasons.join(', ')}`)
  }
  const isTold = waits.some(({ status }) => status === 'rejected')
  if (delivered < ended) parts.push(said.length > 0 ? 'said in the log' : isTold ? 'told to the caller alone' : 'nothing said')
  return parts.join(', ')
}
