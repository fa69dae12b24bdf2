// SPDX-License-Identifier: Apache-2.0
// node run-scenario.js <contender> <id>: one scenario in a process of its own; sends its outcome to the parent and ends
// when nothing keeps it.
import { writeSync } from 'node:fs'
import { loadContender } from '../contender.js'
import type { ContenderName } from '../contender.js'
import { SCENARIOS } from '../scenarios/index.js'
import { Lab } from './lab.js'

const [name, id] = process.argv.slice(2)
const scenario = SCENARIOS.find((candidate) => candidate.id === id)
if (scenario === undefined) throw new Error(`there is no scenario ${id}`)
const lab = new Lab(await loadContender(name as ContenderName))
await scenario.run(lab)
const outcome = await lab.close()
process.send?.(outcome, () => process.disconnect())
// Told on another way than the outcome, which left before; the time that a process takes to start and to die is not in it.
const lastLineAt = performance.now()
process.once('exit', () => writeSync(1, String(performance.now() - lastLineAt)))
