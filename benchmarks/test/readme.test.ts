// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { renderReport } from '../src/on-end/report.js'
import type { Results } from '../src/on-end/report.js'

const at = (path: string): URL => new URL(path, import.meta.url)

test('the figures in the README are those of the result file', async () => {
  const results: Results = JSON.parse(await readFile(at('../results/on-end.json'), 'utf8'))
  const readme = await readFile(at('../README.md'), 'utf8')
  const [, shown] = /<!-- on-end:.*-->\n([^]*)<!-- \/on-end -->/.exec(readme) ?? []
  expect(shown?.trim()).toBe(renderReport(results).trim())
})
