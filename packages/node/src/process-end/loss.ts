// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats } from '@spanring/batch-span-processor'

/** The number of spans that wait or are being sent. Kept spans wait for nothing in this process. */
export function unsentOf({ queued, encoded, inFlight, stored, kept }: ProcessorStats): number {
  return queued + encoded + inFlight + stored - kept
}

/**
 * One sentence about the spans that will not be delivered if the process ends now; undefined if there are none. It covers
 * all sampled spans that have ended, including those that ended during the shutdown. Spans that are kept on disk are not lost.
 */
export function describeLoss(stats: ProcessorStats): string | undefined {
  const unsent = {
    'still queued': stats.queued + stats.encoded,
    'still being sent': stats.inFlight,
    'still stored': stats.stored - stats.kept,
  }
  const reasons = new Map<string, number>()
  // `dropped` and `failed` share reasons, such as `shutdown`.
  for (const [reason, count] of [stats.dropped, stats.failed, unsent].flatMap((counts) => Object.entries(counts))) {
    if (count > 0) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  if (reasons.size === 0) return undefined
  const lost = [...reasons.values()].reduce((sum, count) => sum + count)
  const why = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ')
  const kept = stats.kept > 0 ? `; ${stats.kept} are kept on disk` : ''
  return `${lost} of ${stats.ended} spans were not delivered (${why})${kept}`
}
