// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '@spanring/core'
import type { DrainLoop } from '../loop/drain-loop.js'
import type { PipelineParts } from '../pipeline-parts.js'

/**
 * What happens to a span inside `onEnd`: it is queued, or counted as dropped. The hot path: a few additions and one store.
 */
export function admit(parts: PipelineParts, loop: DrainLoop, span: ReadableSpan): void {
  const { ledger, ring } = parts
  // First, while this span is not counted: the exporter may ask for the counts in there.
  if (ring.size >= loop.helpAt) loop.help()
  if (parts.shutdown) ledger.drop('already_shutdown')
  else if (ring.offer(span)) {
    ledger.admit()
    if (ring.size === loop.wakeAt) loop.wake()
  } else ledger.drop('queue_full')
}
