// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { renderHeadline } from '../src/report/headline.js'
import { newestResultFile, readResults } from '../src/report/result-file.js'
import { renderTables } from '../src/report/tables.js'

test.each([
  ['../README.md', 'tables', renderTables],
  ['../../README.md', 'figures', renderHeadline],
] as const)('the figures in %s are those of the newest result file', async (path, name, render) => {
  const page = await readFile(new URL(path, import.meta.url), 'utf8')
  const [, shown] = new RegExp(`<!-- ${name}\\b.*-->\n([^]*)<!-- /${name} -->`).exec(page) ?? []
  expect(shown?.trim()).toBe(render(readResults(newestResultFile(new URL('../results/', import.meta.url)))).trim())
})
