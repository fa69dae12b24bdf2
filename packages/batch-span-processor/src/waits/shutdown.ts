// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import { RESOURCES_SHARE, STEP_LIMIT_MILLIS, STEP_RESERVE_MILLIS, STEP_RESERVE_SHARE } from '../limits.js'
import type { DrainLoop } from '../loop/drain-loop.js'
import { limitMillis } from '../options.js'
import type { PipelineParts } from '../pipeline-parts.js'
import { callExporter } from './exporter-step.js'
import type { Limit } from './exporter-step.js'

export interface ShutdownOptions {
  /**
   * The time within which the promise settles, in milliseconds; 0 means without a limit. Default: the constructor's
   * `shutdownTimeoutMillis`.
   */
  timeoutMillis?: number | undefined
}

/**
 * A list of bounded steps that all run, even if earlier ones have failed (R6). Rejects with the first error. The caller has
 * already stopped admission. `onDrained` is called when nothing will be exported any more.
 */
export async function runShutdown(
  parts: PipelineParts,
  loop: DrainLoop,
  options: ShutdownOptions | undefined,
  onDrained: () => void,
): Promise<void> {
  const { barriers, clock, losses } = parts
  const millis = limitMillis(options, parts.shutdownTimeoutMillis)
  const reserve = Math.min(STEP_RESERVE_MILLIS, millis * STEP_RESERVE_SHARE)
  const drainMillis = millis - 2 * reserve
  const startedAt = clock.now()
  const until = (at: number): Limit => ({ at, keepAlive: true, millis })
  const stepUntil = (at: number): Limit => until(Math.min(at, clock.now() + STEP_LIMIT_MILLIS))
  const barrier = barriers.open(parts.ring.head)
  parts.closing.abort()
  loop.turnNow()
  await bounded(clock, until(startedAt + drainMillis * RESOURCES_SHARE), () => loop.drained(barrier))
  parts.gate.open()
  await bounded(clock, until(startedAt + drainMillis), () => loop.drained(barrier))
  loop.stop()
  losses.guard(onDrained)
  await callExporter(parts, 'forceFlush', stepUntil(startedAt + millis - reserve), barrier)
  await callExporter(parts, 'shutdown', stepUntil(startedAt + millis), barrier)
  // Not earlier: the exporter's shutdown may tell what has become of stored spans.
  loop.close()
  barriers.close(barrier)
  losses.guard(() => parts.metrics?.close())
  losses.close(clock.now())
  // No flush may outlast the shutdown.
  for (const end of parts.ends) end()
  if (barrier.error !== undefined) throw barrier.error
}
