// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { renderHeadline } from '../src/on-end/headline.js'
import { renderReport } from '../src/on-end/report.js'
import type { Results } from '../src/on-end/report.js'

const at = (path: string): URL => new URL(path, import.meta.url)

test.each([
  ['../README.md', 'on-end', renderReport],
  ['../../README.md', 'figures', renderHeadline],
  ['../../packages/batch-span-processor/README.md', 'figures', renderHeadline],
] as const)('the figures in %s are those of the result file', async (path, name, render) => {
  const results: Results = JSON.parse(await readFile(at('../results/on-end.json'), 'utf8'))
  const readme = await readFile(at(path), 'utf8')
  const [, shown] = new RegExp(`<!-- ${name}\\b.*-->\n([^]*)<!-- /${name} -->`).exec(readme) ?? []
  expect(shown?.trim()).toBe(render(results).trim())
})
