// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { readDocument, rowsOf } from '../src/document.js'
import { BACKENDS, ENDINGS, HOW, SPOOL_ENDINGS } from '../src/ends/ending.js'
import { NOT_RUN, render } from '../src/render.js'
import { numberOf } from '../src/scenario.js'
import { SCENARIOS } from '../src/scenarios/index.js'

test('there is a scenario for every fault from 1 to 41', () => {
  const numbers = new Set(SCENARIOS.map(numberOf))

  expect([...numbers]).toEqual(Array.from({ length: 41 }, (_, index) => index + 1))
  expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length)
})

test('docs/faults.md has a result of every row for every contender', async () => {
  const rows = rowsOf(await readDocument())
  const expected = [
    ...SCENARIOS.map(({ id, title }) => [id, title]),
    ...[...ENDINGS, ...SPOOL_ENDINGS].map(({ id, how, backend }) => [id, HOW[how], BACKENDS[backend]]),
  ]

  for (const words of expected) {
    const cells = rows.get(words[0] ?? '')
    expect(cells?.slice(0, words.length), `npm run faults -- ${words[0]}`).toEqual(words)
    const columns = SPOOL_ENDINGS.some(({ id }) => id === words[0]) ? 5 : 6
    expect(cells).toHaveLength(columns)
    expect(cells?.map((cell) => cell.trim())).not.toContain('')
    expect(cells).not.toContain(NOT_RUN)
    for (const cell of cells?.slice(columns - 2) ?? []) expect(cell, 'a fault of spanring is written down').not.toContain('**')
  }
})

test('docs/faults.md is what the command writes', async () => {
  const document = await readDocument()

  expect(render(rowsOf(document))).toBe(document)
})
