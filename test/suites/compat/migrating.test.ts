// SPDX-License-Identifier: Apache-2.0
// UPDATE_DOCS=1 npx vitest run test/suites/compat/migrating.test.ts writes the tables anew.
import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { DIFFERENCES, printDifferences } from './differences.js'

const DOCUMENT = new URL('../../../docs/migrating.md', import.meta.url)

test('the tables in docs/migrating.md are the differences that are tested', async () => {
  const text = await readFile(DOCUMENT, 'utf8')
  let printed = text
  for (const group of Object.keys(DIFFERENCES) as (keyof typeof DIFFERENCES)[]) {
    const [begin, end] = [`<!-- ${group} -->`, `<!-- /${group} -->`]
    expect(text).toContain(begin)
    const after = printed.slice(printed.indexOf(end))
    printed = `${printed.slice(0, printed.indexOf(begin) + begin.length)}\n\n${printDifferences(group)}\n\n${after}`
  }
  if (process.env['UPDATE_DOCS']) await writeFile(DOCUMENT, printed)
  else expect(text).toBe(printed)
})
