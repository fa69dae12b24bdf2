// SPDX-License-Identifier: Apache-2.0
import type { BatchSpanProcessor, ProcessorStats } from '@spanring/batch-span-processor'
import { sumStats } from './sum-stats.js'

/** State that all copies of this package in a thread share. */
export interface SharedState {
  /** The processors of `createSpanProcessor` and `register` whose shutdown has not ended. */
  readonly processors: Set<BatchSpanProcessor>
  /**
   * The counts of all processors whose shutdown has ended. The processors themselves are forgotten, because an application
   * may make one for each invocation.
   */
  past: ProcessorStats
  /** Whether `register` has run in this thread. */
  hasRegistered: boolean
}

const KEY = Symbol.for('spanring.node.1')

/** Stored on the global object: both module formats of this package may be loaded, and it may be installed twice. */
export function sharedState(): SharedState {
  const holder = globalThis as { [KEY]?: SharedState }
  holder[KEY] ??= { processors: new Set(), past: sumStats([]), hasRegistered: false }
  return holder[KEY]
}

/**
 * The counts of all spans: `ended = exported + Σ failed + Σ dropped + queued + encoded + inFlight + stored`. They are added up
 * over all processors that `createSpanProcessor` or `register` made in this thread. The counts of spans include processors
 * that were shut down.
 */
export function stats(): ProcessorStats {
  const { past, processors } = sharedState()
  return sumStats([past, ...[...processors].map((processor) => processor.stats())])
}
