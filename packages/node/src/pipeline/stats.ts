// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats } from '@spanring/batch-span-processor'
import { sharedState } from './thread-processors.js'
import { sumOf } from './sum-stats.js'

/**
 * Where every span is, at any time: `ended = exported + Σ failed + Σ dropped + queued + encoded + inFlight`, added up over every
 * processor that `createSpanProcessor` or `register` made in this thread. Those that are shut down are in it with
 * everything but `queueCapacity`.
 */
export function stats(): ProcessorStats {
  const { past, processors } = sharedState()
  return sumOf([past, ...[...processors].map((processor) => processor.stats())])
}
