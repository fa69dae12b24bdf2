// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats } from '@spanring/batch-span-processor'
import type { SpanProcessor } from './span-processors.js'

/** Spans that wait or are being sent. */
export function unsentOf(processors: readonly SpanProcessor[]): number {
  return statsOf(processors).reduce((sum, { queued, inFlight }) => sum + queued + inFlight, 0)
}

/**
 * One sentence on what is not delivered when the process ends now, undefined if nothing is. Spans that ended after the
 * shutdown began are not in it: nobody expects those of a process that is told to end.
 */
export function lossOf(processors: readonly SpanProcessor[]): string | undefined {
  const reasons = new Map<string, number>()
  let ended = 0
  for (const stats of statsOf(processors)) {
    const { already_shutdown: late, ...dropped } = stats.dropped
    ended += stats.ended - late
    const left = Object.entries({ 'still queued': stats.queued, 'still being sent': stats.inFlight })
    for (const [reason, count] of [...Object.entries(dropped), ...Object.entries(stats.failed), ...left]) {
      if (count > 0) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
    }
  }
  if (reasons.size === 0) return undefined
  const lost = [...reasons.values()].reduce((sum, count) => sum + count)
  const why = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ')
  return `${lost} of ${ended} spans were not delivered (${why})`
}

function statsOf(processors: readonly SpanProcessor[]): ProcessorStats[] {
  return processors.flatMap((processor) => {
    const { stats } = processor as { stats?: () => ProcessorStats }
    return stats === undefined ? [] : [stats.call(processor)]
  })
}
