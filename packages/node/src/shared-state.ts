// SPDX-License-Identifier: Apache-2.0
import type { BatchSpanProcessor } from '@spanring/batch-span-processor'

export interface SharedState {
  /** Those of `createSpanProcessor` that are not shut down. */
  readonly processors: Set<BatchSpanProcessor>
  /** All of them, for their counts. */
  readonly counted: BatchSpanProcessor[]
  /** Whether `register` has run in this thread. */
  hasRegistered: boolean
}

const KEY = Symbol.for('spanring.node.1')

/** One for the thread: the ES module and the CommonJS module may both be loaded, and a package may be installed twice. */
export function sharedState(): SharedState {
  const holder = globalThis as { [KEY]?: SharedState }
  holder[KEY] ??= { processors: new Set(), counted: [], hasRegistered: false }
  return holder[KEY]
}
