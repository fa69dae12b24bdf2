// SPDX-License-Identifier: Apache-2.0
// The process of one contender: takes one assignment from its parent, says when the load begins, answers with what it measured.
import { measure } from './measure.js'
import type { Assignment, Measurement } from './measure.js'

export type ContenderMessage = { readonly kind: 'started' } | { readonly kind: 'measured'; readonly measurement: Measurement }

process.once('message', (assignment: Assignment) => {
  void run(assignment)
})

async function run(assignment: Assignment): Promise<void> {
  const send = (message: ContenderMessage, then = (): void => {}): void => void process.send?.(message, then)
  const measurement = await measure(assignment, () => send({ kind: 'started' }))
  // The stock processor leaves timers behind that would keep the process for half a minute.
  send({ kind: 'measured', measurement }, () => process.exit())
}
