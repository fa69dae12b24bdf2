// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats } from '@spanring/batch-span-processor'

/** Spans that wait or are being sent. */
export function unsentOf({ queued, encoded, inFlight }: ProcessorStats): number {
  return queued + encoded + inFlight
}

/**
 * One sentence on what is not delivered when the process ends now, undefined if nothing is: every sampled span that has
 * ended, also those that ended while the end was under way.
 */
export function lossOf(stats: ProcessorStats): string | undefined {
  const left = { 'still queued': stats.queued + stats.encoded, 'still being sent': stats.inFlight }
  const reasons = new Map<string, number>()
  // A reason may be both, as shutdown.
  for (const [reason, count] of [stats.dropped, stats.failed, left].flatMap((counts) => Object.entries(counts))) {
    if (count > 0) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  if (reasons.size === 0) return undefined
  const lost = [...reasons.values()].reduce((sum, count) => sum + count)
  const why = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ')
  return `${lost} of ${stats.ended} spans were not delivered (${why})`
}
