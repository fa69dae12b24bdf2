// SPDX-License-Identifier: Apache-2.0
import type { BatchSpanProcessor, ProcessorStats } from '@spanring/batch-span-processor'
import { sumOf } from './sum-stats.js'

export interface SharedState {
  /** Those of `createSpanProcessor` whose shutdown has not ended. */
  readonly processors: Set<BatchSpanProcessor>
  /** The counts of all others, which are forgotten themselves: an application may make one for each invocation. */
  past: ProcessorStats
  /** Whether `register` has run in this thread. */
  hasRegistered: boolean
}

const KEY = Symbol.for('spanring.node.1')

/** One for the thread: the ES module and the CommonJS module may both be loaded, and a package may be installed twice. */
export function sharedState(): SharedState {
  const holder = globalThis as { [KEY]?: SharedState }
  holder[KEY] ??= { processors: new Set(), past: sumOf([]), hasRegistered: false }
  return holder[KEY]
}
