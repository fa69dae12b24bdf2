// SPDX-License-Identifier: Apache-2.0
// The process of one contender: takes one assignment from its parent, answers with the measurement, ends.
import { measure } from './measure.js'
import type { Assignment } from './measure.js'

process.once('message', (assignment: Assignment) => {
  void run(assignment)
})

async function run(assignment: Assignment): Promise<void> {
  const measurement = await measure(assignment)
  // The stock processor leaves timers behind that would keep the process for half a minute.
  process.send?.(measurement, () => process.exit())
}
