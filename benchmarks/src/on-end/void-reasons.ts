// SPDX-License-Identifier: Apache-2.0
import type { SinkStats } from '@spanring/sink'
import type { Contender } from './contender.js'
import type { Measurement } from './measure.js'

type Received = Pick<SinkStats, 'received' | 'delivered' | 'duplicates' | 'waiting'>

/**
 * Why a run cannot be believed. A fast processor that loses spans without saying so is not fast; so each span must be at
 * the receiver, once, or in the processor's own counts of what it lost.
 */
export function voidReasons({ processor }: Contender, measured: Measurement, received: Received): string[] {
  const { ended, dropped, failed } = measured
  const reasons: string[] = []
  if (processor === 'noop') {
    if (received.received > 0) reasons.push(`the receiver has ${received.received} spans of a processor that does nothing`)
    return reasons
  }
  const unexplained = ended - received.delivered - dropped - failed
  if (unexplained !== 0) {
    reasons.push(
      `ended ${ended} ≠ delivered ${received.delivered} + dropped ${dropped} + failed ${failed}: ${unexplained} unexplained`,
    )
  }
  if (received.duplicates > 0) reasons.push(`${received.duplicates} spans were received twice`)
  if (received.waiting > 0) reasons.push(`${received.waiting} spans were not answered yet`)
  return reasons
}
