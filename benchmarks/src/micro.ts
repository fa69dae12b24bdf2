// SPDX-License-Identifier: Apache-2.0
// One operation at a time, in nanoseconds: `npm run bench:micro [filter]`, the filter being a regular expression.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { count, figure, markdownTable } from './markdown-table.js'
import { CASES } from './micro/cases.js'
import type { Figures } from './micro/run-case.js'

const HEADER = ['case', 'ns/op', 'p50 ns', 'ops/s', 'rme %', 'samples', 'accepted', 'dropped']

const filter = new RegExp(process.argv[2] ?? '')
const names = Object.keys(CASES).filter((name) => filter.test(name))
if (names.length === 0) {
  console.error(`no case matches ${filter.source}; there are:\n${Object.keys(CASES).join('\n')}`)
  process.exitCode = 2
} else {
  await main()
}

async function main(): Promise<void> {
  const rows: string[][] = []
  for (const [index, name] of names.entries()) {
    console.error(`${index + 1}/${names.length} ${name} …`)
    // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
    rows.push(row(name, await inOwnProcess(name)))
  }
  console.log(`\nspanring, Node ${process.version}\n\n${markdownTable(HEADER, rows)}`)
}

function row(name: string, { nanosPerOp, p50Nanos, rmePercent, samples, counts }: Figures): string[] {
  const figures = [nanosPerOp, p50Nanos]
    .map(figure)
    .concat(count(Math.round(1e9 / nanosPerOp)), figure(rmePercent), count(samples))
  if (counts === undefined) return [name, ...figures, '–', '–']
  const { ended, accepted, dropped } = counts
  if (ended === accepted + dropped) return [name, ...figures, count(accepted), count(dropped)]
  process.exitCode = 1
  return [`VOID, ${count(ended)} ended: ${name}`, ...figures, count(accepted), count(dropped)]
}

async function inOwnProcess(name: string): Promise<Figures> {
  const child = fork(fileURLToPath(new URL('micro/run-case.js', import.meta.url)), { execArgv: [] })
  return new Promise((resolve, reject) => {
    let figures: Figures | undefined
    child.once('error', reject)
    child.once('message', (message: Figures) => (figures = message))
    child.once('exit', (code, signal) => {
      if (figures !== undefined) resolve(figures)
      else reject(new Error(`the process of ${name} has ended (${signal ?? `exit code ${code}`})`))
    })
    child.send(name)
  })
}
