// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats } from '@spanring/batch-span-processor'

/** Spans that wait or are being sent. */
export function unsentOf({ queued, inFlight }: ProcessorStats): number {
  return queued + inFlight
}

/**
 * One sentence on what is not delivered when the process ends now, undefined if nothing is. Spans that ended after the
 * shutdown began are not in it: nobody expects those of a process that is told to end.
 */
export function lossOf(stats: ProcessorStats): string | undefined {
  const { already_shutdown: late, ...dropped } = stats.dropped
  const left = { 'still queued': stats.queued, 'still being sent': stats.inFlight }
  const reasons = Object.entries({ ...dropped, ...stats.failed, ...left }).filter(([, count]) => count > 0)
  if (reasons.length === 0) return undefined
  const lost = reasons.reduce((sum, [, count]) => sum + count, 0)
  const why = reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')
  return `${lost} of ${stats.ended - late} spans were not delivered (${why})`
}
