// SPDX-License-Identifier: Apache-2.0
// The process of one pair: takes one assignment from its parent, says when the load begins, answers with the measurement.
import { measurePair } from './measure-pair.js'
import type { Assignment, PairMeasurement } from './measure-pair.js'

export type PairMessage = { readonly kind: 'started' } | { readonly kind: 'measured'; readonly measurement: PairMeasurement }

process.once('message', (assignment: Assignment) => {
  void run(assignment)
})

async function run(assignment: Assignment): Promise<void> {
  const send = (message: PairMessage, then = (): void => {}): void => void process.send?.(message, then)
  const measurement = await measurePair(assignment, () => send({ kind: 'started' }))
  // The stock processor leaves timers behind that would keep the process for half a minute.
  send({ kind: 'measured', measurement }, () => process.exit())
}
