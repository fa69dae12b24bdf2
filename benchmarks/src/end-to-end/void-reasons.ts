// SPDX-License-Identifier: Apache-2.0
import { pairName } from '../contender.js'
import type { Contender } from '../contender.js'
import type { Measurement } from './measure.js'
import type { Scenario } from './scenario.js'

export interface Received {
  readonly received: number
  readonly delivered: number
  readonly deliveredTwice: number
  readonly duplicates: number
}

/**
 * Why a run cannot be believed: a fast pipeline that loses spans without saying so is not fast. A span must be at the
 * receiver, once, or in the contender's own counts of what it lost. Where the backend is in trouble the stock processor
 * counts nothing, so there its loss is a finding and no reason. `received` is undefined when nobody could receive.
 */
export function voidReasons(contender: Contender, scenario: Scenario, measured: Measurement, received?: Received): string[] {
  if (contender.processor === 'noop') {
    const count = received?.received ?? 0
    return count > 0 ? [`the receiver has ${count} spans of a processor that does nothing`] : []
  }
  const isTrouble = scenario.outage !== undefined || scenario.endsBefore !== undefined
  const { ended, dropped, failed } = measured
  const delivered = (received?.delivered ?? 0) - (received?.deliveredTwice ?? 0)
  // What was cut in the middle of an answer has arrived, and is sent again or given up.
  const exported = isTrouble ? (measured.exported ?? delivered) : delivered
  const open = ended - exported - dropped - failed
  const reasons: string[] = []
  const saysAll = contender.processor === 'spanring' || (!isTrouble && !losesSilently(scenario))
  if (saysAll && open !== 0) {
    reasons.push(`ended ${ended} ≠ delivered ${exported} + dropped ${dropped} + failed ${failed}: ${open} unexplained`)
  }
  if (received === undefined) return reasons
  if (contender.processor === 'spanring' && measured.exported !== undefined && delivered < measured.exported) {
    reasons.push(`${pairName(contender)} says that ${measured.exported} were exported, but the receiver has ${delivered}`)
  }
  if (!isTrouble && received.duplicates > 0) reasons.push(`${received.duplicates} spans were received twice`)
  return reasons
}

/** A run as this looks at it. */
interface Counted extends Contender, Measurement {
  readonly delivered: number
}

/**
 * Whether a run is wrong however slow or busy the machine was: ours does not know where each of its spans is, or says that
 * spans have arrived which have not, or a processor that does nothing has sent some.
 */
export function isUnaccounted({ processor, ended, exported, dropped, failed, delivered }: Counted): boolean {
  if (processor === 'noop') return delivered > 0
  if (processor !== 'spanring' || exported === undefined) return false
  return ended !== exported + dropped + failed || delivered < exported
}

/** Flushing concurrently, the stock exporter refuses more than 30 batches, and nobody counts them. */
function losesSilently({ maxQueueSize = 2048, answerMillis = 0 }: Scenario): boolean {
  return maxQueueSize > 2048 || answerMillis > 0
}
