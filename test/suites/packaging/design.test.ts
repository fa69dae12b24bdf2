// SPDX-License-Identifier: Apache-2.0
// DESIGN.md is the map of the code. What it names has to be there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workspaceRoot } from './packed-packages.js'

const design = readFileSync(join(workspaceRoot, 'DESIGN.md'), 'utf8')
const ROOTS: Record<string, string> = { P: 'packages/batch-span-processor/src', X: 'packages/otlp-exporter/src' }

/** The text between a heading of the second level and the next one. */
function section(heading: string): string {
  const [, text] = design.split(`\n## ${heading}\n`)
  expect(text, heading).toBeDefined()
  return text?.split('\n## ')[0] ?? ''
}

/** The files of a numbered list, as paths from the root of the repository. */
function filesOfWay(heading: string): string[] {
  const rows = section(heading).matchAll(/^\| \d+ +\| ([PX]) `([^`]+)`/gm)
  return [...rows].map(([, root = '', file = '']) => join(ROOTS[root] ?? '', file))
}

test('the way of a span and the way of a batch lead through files that exist, and through none twice', () => {
  const files = [...filesOfWay('The way of a span'), ...filesOfWay('The way of a batch')]
  expect(files.length).toBeGreaterThan(30)
  expect(files.filter((file) => !existsSync(join(workspaceRoot, file)))).toEqual([])
  expect(new Set(files).size).toBe(files.length)
})

test('every file in a table of files exists', () => {
  const missing: string[] = []
  for (const table of design.split(/\n(?!\|)/)) {
    const [, root] = /^\|[^|]*\| file in `([^`]+)`/m.exec(table) ?? []
    if (root === undefined) continue
    for (const [, file = ''] of table.matchAll(/`([\w/-]+\.ts)`/g)) {
      if (!existsSync(join(workspaceRoot, root, file))) missing.push(`${root}/${file}`)
    }
  }
  expect(missing).toEqual([])
})
