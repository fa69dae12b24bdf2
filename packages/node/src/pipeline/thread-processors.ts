// SPDX-License-Identifier: Apache-2.0
import type { BatchSpanProcessor, ProcessorStats } from '@spanring/batch-span-processor'
import { sumStats } from './sum-stats.js'

/** State that all copies of this package in a thread share. */
export interface SharedState {
  /** The processors of `createSpanProcessor` and `register` whose shutdown has not ended. */
  readonly processors: Set<BatchSpanProcessor>
  /**
   * The counts of all others. The processors themselves are forgotten, because an application may make one for each
   * invocation.
   */
  past: ProcessorStats
  /** Whether `register` has run in this thread. */
  hasRegistered: boolean
}

const KEY = Symbol.for('spanring.node.1')

/** On the global object: ES module and CommonJS module may both be loaded, and a package may be installed twice. */
export function sharedState(): SharedState {
  const holder = globalThis as { [KEY]?: SharedState }
  holder[KEY] ??= { processors: new Set(), past: sumStats([]), hasRegistered: false }
  return holder[KEY]
}

/**
 * Where every span is, at any time: `ended = exported + Σ failed + Σ dropped + queued + encoded + inFlight`, added up over
 * every processor that `createSpanProcessor` or `register` made in this thread. Processors that are shut down stay in every
 * count but `queueCapacity`.
 */
export function stats(): ProcessorStats {
  const { past, processors } = sharedState()
  return sumStats([past, ...[...processors].map((processor) => processor.stats())])
}
