// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { readDocument, rowsOf } from '../src/document.js'
import { SCENARIOS } from '../src/scenarios/index.js'

const NOT_RUN = 'not run yet'

test('docs/faults.md has a result of every scenario for every contender', async () => {
  const rows = rowsOf(await readDocument())

  for (const { id, title } of SCENARIOS) {
    const cells = rows.get(id)
    expect(cells?.[1], `scenario ${id}; run npm run faults -- ${id}`).toBe(title)
    expect(cells).toHaveLength(5)
    expect(cells).not.toContain(NOT_RUN)
  }
})
