// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats } from '@spanring/batch-span-processor'

/** Adds up the counts of several processors. A span that went to two of them counts twice. */
export function sumStats(parts: readonly ProcessorStats[]): ProcessorStats {
  const sum = (of: (part: ProcessorStats) => number): number => parts.reduce((total, part) => total + of(part), 0)
  const failed: Record<string, number> = {}
  for (const part of parts) {
    for (const [reason, count] of Object.entries(part.failed)) failed[reason] = (failed[reason] ?? 0) + count
  }
  return {
    ended: sum((part) => part.ended),
    exported: sum((part) => part.exported),
    queued: sum((part) => part.queued),
    encoded: sum((part) => part.encoded),
    inFlight: sum((part) => part.inFlight),
    stored: sum((part) => part.stored),
    kept: sum((part) => part.kept),
    dropped: {
      queue_full: sum((part) => part.dropped.queue_full),
      already_shutdown: sum((part) => part.dropped.already_shutdown),
      shutdown: sum((part) => part.dropped.shutdown),
      invalid_span: sum((part) => part.dropped.invalid_span),
    },
    failed,
    abandonedExports: sum((part) => part.abandonedExports),
    queueCapacity: sum((part) => part.queueCapacity),
  }
}

/** The counts that remain when a processor is shut down. The others describe a queue and exports that no longer exist. */
export function countsToKeep(stats: ProcessorStats): ProcessorStats {
  return { ...stats, abandonedExports: 0, queueCapacity: 0 }
}

/** The counts with the opposite sign, so that `sumStats` subtracts them. */
export function negated(stats: ProcessorStats): ProcessorStats {
  const negate = (counts: object): object =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, typeof count === 'number' ? -count : negate(count)]))
  return negate(stats) as ProcessorStats
}
