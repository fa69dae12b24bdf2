// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { DrainLoop } from '../loop/drain-loop.js'
import { limitMillis } from '../options.js'
import type { PipelineParts } from '../pipeline-parts.js'
import { callExporter, errorOf } from './exporter-step.js'

export interface FlushOptions {
  /**
   * The time within which the promise settles, in milliseconds; 0 means without a limit. Default: `exportTimeoutMillis`.
   */
  timeoutMillis?: number | undefined
  /** Ends the wait with the signal's reason; spans that have not left stay queued. */
  signal?: AbortSignal | undefined
}

/**
 * Sends every span admitted so far, waits until all of them have left, then flushes the exporter. `shutdown` is the promise
 * of a shutdown that has begun, if there is one. The flush then settles together with it.
 */
export async function flush(
  parts: PipelineParts,
  loop: DrainLoop,
  options: FlushOptions | undefined,
  shutdown: Promise<void> | undefined,
): Promise<void> {
  const { barriers, clock } = parts
  const millis = limitMillis(options, parts.exportTimeoutMillis)
  const limit = { at: clock.now() + millis, signal: options?.signal, keepAlive: true, millis }
  const barrier = barriers.open(parts.ring.head)
  loop.turnNow()
  const drained = await bounded(clock, limit, () => shutdown ?? loop.drained(barrier))
  barriers.close(barrier)
  if (drained.status !== 'done') throw errorOf(parts, drained, 'forceFlush', limit)
  if (shutdown) return
  // A shutdown that began meanwhile may be over: it has ended the wait for stored spans.
  if (!loop.isClosed) await callExporter(parts, 'forceFlush', limit, barrier)
  if (barrier.error !== undefined) throw barrier.error
}
