// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '@spanring/core'
import type { Transitions } from '../accounting/ledger.js'
import type { DrainLoop } from '../loop/drain-loop.js'
import type { SpanRing } from './span-ring.js'

/**
 * What happens to a span inside `onEnd`: it is queued, or counted as dropped. The hot path: a few additions and one store.
 * It is given its three objects one by one: taken from `PipelineParts`, they would be one more object to fetch, which an
 * `onEnd` with cold caches notices.
 */
export function admit(
  ring: SpanRing<ReadableSpan>,
  ledger: Transitions,
  loop: DrainLoop,
  isShutDown: boolean,
  span: ReadableSpan,
): void {
  // First, while this span is not counted: the exporter may ask for the counts in there.
  if (ring.size >= loop.helpAt) loop.help()
  if (isShutDown) ledger.drop('already_shutdown')
  else if (ring.offer(span)) {
    ledger.admit()
    if (ring.size === loop.wakeAt) loop.wake()
  } else ledger.drop('queue_full')
}
