// SPDX-License-Identifier: Apache-2.0
// npm run faults [-- <number> …]: runs every scenario, or those that are named, against all three contenders and writes
// what came of it into docs/faults.md. Rows that were not run stay as they are.
import { CONTENDERS } from './contender.js'
import { describeOutcome } from './describe-outcome.js'
import { readDocument, rowsOf, writeDocument } from './document.js'
import { faultsOf } from './outcome.js'
import { render } from './render.js'
import { runInChild } from './run-in-child.js'
import { numberOf } from './scenario.js'
import { SCENARIOS } from './scenarios/index.js'

const asked = process.argv.slice(2)
const isAsked = (id: string, number: number): boolean =>
  asked.length === 0 || asked.includes(id) || asked.includes(String(number))
const chosen = SCENARIOS.filter((scenario) => isAsked(scenario.id, numberOf(scenario)))

const rows = rowsOf(await readDocument())
let bad = 0
for (const [index, { id, title }] of chosen.entries()) {
  const cells: string[] = []
  for (const contender of CONTENDERS) {
    process.stdout.write(`${index + 1}/${chosen.length}  scenario ${id}, ${contender}: `)
    // oxlint-disable-next-line no-await-in-loop -- one at a time: they would be on each other's clock
    const outcome = await runInChild(contender, id)
    const cell = describeOutcome(outcome)
    console.log(cell)
    if (contender === 'ours') bad += faultsOf(outcome).length
    cells.push(cell)
  }
  rows.set(id, [id, title, ...cells])
}
await writeDocument(render(rows))
console.log(`docs/faults.md is written; ${bad === 0 ? 'ours stands all of it' : `ours fails ${bad} times`}`)
process.exitCode = bad === 0 ? 0 : 1
