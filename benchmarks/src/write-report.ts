// SPDX-License-Identifier: Apache-2.0
// Draws the charts of the newest result file, and puts its figures into every page that shows them. A test compares these.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { renderCharts } from './report/charts.js'
import { renderHeadline } from './report/headline.js'
import { newestResultFile, readResults } from './report/result-file.js'
import { renderTables } from './report/tables.js'

const root = new URL('../../../', import.meta.url)
const file = newestResultFile(new URL('benchmarks/results/', root))
const results = readResults(file)
console.log(`from ${file.pathname.slice(root.pathname.length)}`)

const charts = new URL('benchmarks/charts/', root)
mkdirSync(charts, { recursive: true })
for (const [name, svg] of Object.entries(await renderCharts(results))) {
  writeFileSync(new URL(`${name}.svg`, charts), svg)
  console.log(`benchmarks/charts/${name}.svg`)
}
replace('benchmarks/README.md', 'tables', renderTables(results))
replace('README.md', 'figures', renderHeadline(results))

function replace(path: string, name: string, text: string): void {
  const page = readFileSync(new URL(path, root), 'utf8')
  const between = new RegExp(`(<!-- ${name}\\b[^]*?-->\n)[^]*?(<!-- /${name} -->)`)
  if (!between.test(page)) throw new Error(`${path} has no place for ${name}`)
  const replaced = page.replace(between, (_all, start: string, end: string) => `${start}\n${text.trim()}\n\n${end}`)
  writeFileSync(new URL(path, root), replaced)
  console.log(`${path}: ${name}`)
}
