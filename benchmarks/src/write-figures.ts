// SPDX-License-Identifier: Apache-2.0
// Puts the figures of the checked-in results into every page that shows them. A test notices when they differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { renderHeadline } from './on-end/headline.js'
import { renderReport } from './on-end/report.js'
import type { Results } from './on-end/report.js'

const root = new URL('../../../', import.meta.url)
const results: Results = JSON.parse(readFileSync(new URL('benchmarks/results/on-end.json', root), 'utf8'))

replace('benchmarks/README.md', 'on-end', renderReport(results))
replace('README.md', 'figures', renderHeadline(results))
replace('packages/batch-span-processor/README.md', 'figures', renderHeadline(results))

function replace(path: string, name: string, text: string): void {
  const file = new URL(path, root)
  const page = readFileSync(file, 'utf8')
  const between = new RegExp(`(<!-- ${name}\\b[^]*?-->\n)[^]*?(<!-- /${name} -->)`)
  if (!between.test(page)) throw new Error(`${path} has no place for ${name}`)
  writeFileSync(
    file,
    page.replace(between, (_all, start: string, end: string) => `${start}\n${text.trim()}\n\n${end}`),
  )
  console.log(`${path}: ${name}`)
}
