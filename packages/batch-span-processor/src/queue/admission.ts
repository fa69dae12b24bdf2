// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '@spanring/core'
import type { Transitions } from '../accounting/ledger.js'
import type { DrainLoop } from '../loop/drain-loop.js'
import type { SpanRing } from './span-ring.js'

/**
 * Queues a span inside `onEnd`, or counts it as dropped. This is the hot path: a few additions and one store. The three
 * objects are separate parameters: with `PipelineParts` there would be one more object to fetch, which is measurable in an
 * `onEnd` with cold caches.
 */
export function admit(
  ring: SpanRing<ReadableSpan>,
  ledger: Transitions,
  loop: DrainLoop,
  isShutDown: boolean,
  span: ReadableSpan,
): void {
  // Before this span is counted, because the exporter may read the counts inside this call.
  if (ring.size >= loop.helpAt) loop.help()
  if (isShutDown) ledger.drop('already_shutdown')
  else if (ring.offer(span)) {
    ledger.admit()
    if (ring.size === loop.wakeAt) loop.wake()
  } else ledger.drop('queue_full')
}
