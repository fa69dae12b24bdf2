// SPDX-License-Identifier: Apache-2.0
// One operation at a time, in nanoseconds: `npm run bench:micro -- [--sdk 2.12|3.1] [filter]`, the filter being a regular expression.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { SDK_LINES } from '@spanring/sdk-lines'
import type { SdkLine } from '@spanring/sdk-lines'
import { count, figure, markdownTable } from './markdown-table.js'
import { CASES } from './micro/cases.js'
import type { CaseAssignment, Figures } from './micro/run-case.js'

const HEADER = ['case', 'ns/op', 'p50 ns', 'ops/s', 'rme %', 'samples', 'accepted', 'dropped']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sdk: { type: 'string', default: '2.12' } },
})
const line = SDK_LINES.find((known) => known === values.sdk)
const filter = new RegExp(positionals[0] ?? '')
const names = Object.keys(CASES).filter((name) => filter.test(name))
if (line === undefined) {
  console.error(`--sdk is ${values.sdk}; must be one of ${SDK_LINES.join(', ')}`)
  process.exitCode = 2
} else if (names.length === 0) {
  console.error(`no case matches ${filter.source}; there are:\n${Object.keys(CASES).join('\n')}`)
  process.exitCode = 2
} else {
  await main(line)
}

async function main(sdkLine: SdkLine): Promise<void> {
  const rows: string[][] = []
  for (const [index, name] of names.entries()) {
    console.error(`${index + 1}/${names.length} ${name} …`)
    // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
    rows.push(row(name, await inOwnProcess({ name, sdkLine })))
  }
  console.log(`\nspanring, Node ${process.version}, SDK ${sdkLine}\n\n${markdownTable(HEADER, rows)}`)
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

async function inOwnProcess(assignment: CaseAssignment): Promise<Figures> {
  const child = fork(fileURLToPath(new URL('micro/run-case.js', import.meta.url)), { execArgv: [] })
  return new Promise((resolve, reject) => {
    let figures: Figures | undefined
    child.once('error', reject)
    child.once('message', (message: Figures) => (figures = message))
    child.once('exit', (code, signal) => {
      if (figures !== undefined) resolve(figures)
      else reject(new Error(`the process of ${assignment.name} has ended (${signal ?? `exit code ${code}`})`))
    })
    child.send(assignment)
  })
}
