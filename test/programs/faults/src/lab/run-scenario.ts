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
if (lab.hasOtlp && scenario.isSent !== true) throw new Error(`scenario ${id} has an OTLP exporter, and does not say it`)
const outcome = await lab.close()
process.send?.(outcome, () => process.disconnect())
// How long the event loop has gone on, told on another way than the outcome, which left before. Until the process ends
// is longer: V8 first compiles to the end what it has begun.
const lastLineAt = performance.now()
let aliveAt = lastLineAt
setInterval(() => (aliveAt = performance.now()), 10).unref()
process.once('exit', () => writeSync(1, String(aliveAt - lastLineAt)))
