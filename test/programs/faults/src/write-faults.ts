// SPDX-License-Identifier: Apache-2.0
// npm run faults [-- <row> …]: runs every row of every table, or those that are named, and writes what came of it into
// docs/faults.md. Rows that were not run stay as they are.
import { seedFromEnvironment } from '@spanring/test-kit/random'
import { CONTENDERS, CONTENDERS_OF_ENDS, CONTENDERS_WITH_SPOOL } from './contender.js'
import { describeOutcome } from './describe-outcome.js'
import { readDocument, rowsOf, writeDocument } from './document.js'
import { describeEnd } from './ends/describe-end.js'
import { endInChild } from './ends/end-in-child.js'
import { BACKENDS, ENDINGS, HOW, SPOOL_ENDINGS } from './ends/ending.js'
import { NOTHING_SENT, render } from './render.js'
import { runInChild } from './run-in-child.js'
import { numberOf } from './scenario.js'
import { SCENARIOS } from './scenarios/index.js'

const asked = process.argv.slice(2).map((name) => name.toUpperCase())
const isAsked = (...names: string[]): boolean => asked.length === 0 || names.some((name) => asked.includes(name.toUpperCase()))
const scenarios = SCENARIOS.filter((scenario) => isAsked(scenario.id, String(numberOf(scenario))))
const endings = [...ENDINGS, ...SPOOL_ENDINGS].filter(({ id }) => isAsked(id))
const total = scenarios.length + endings.length
if (total === 0) throw new Error(`there is no row ${asked.join(', ')}`)

// The same histories for all contenders: their processes inherit the seed, and row 39 names it.
process.env['SEED'] = String(seedFromEnvironment())

const rows = rowsOf(await readDocument())
let done = 0
let bad = 0

/** One at a time: they would be on each other's clock. */
async function runRow(
  id: string,
  words: readonly string[],
  cells: Readonly<Record<string, () => Promise<string>>>,
): Promise<void> {
  done++
  const row = [id, ...words]
  for (const [contender, run] of Object.entries(cells)) {
    process.stdout.write(`${done}/${total}  ${id}, ${contender}: `)
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const cell = await run()
    console.log(cell)
    if (contender.startsWith('ours') && cell.includes('**')) bad++
    row.push(cell)
  }
  rows.set(id, row)
}

for (const { id, title, isSent } of scenarios) {
  const runs = CONTENDERS.map((name) => {
    const isEmpty = name === 'ours with the thread' && isSent !== true
    return [name, async () => (isEmpty ? NOTHING_SENT : describeOutcome(await runInChild(name, id)))] as const
  })
  // oxlint-disable-next-line no-await-in-loop -- one at a time
  await runRow(id, [title], Object.fromEntries(runs))
}
for (const ending of endings) {
  const contenders = ending.hasSpool ? CONTENDERS_WITH_SPOOL : CONTENDERS_OF_ENDS
  const runs = contenders.map((name) => [name, async () => describeEnd(ending, await endInChild(name, ending))] as const)
  // oxlint-disable-next-line no-await-in-loop -- one at a time
  await runRow(ending.id, [HOW[ending.how], BACKENDS[ending.backend]], Object.fromEntries(runs))
}

await writeDocument(render(rows))
console.log(
  `docs/faults.md is written; ${bad === 0 ? 'spanring stands every row that was run' : `spanring fails in ${bad} rows`}`,
)
process.exitCode = bad === 0 ? 0 : 1
