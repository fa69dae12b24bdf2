// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { mergeResults } from './merge-results.js'
import type { Results } from './results.js'

/**
 * Puts results into the file of this day and processor, beside what that has of other scenarios and contenders; the
 * newest file is the last by name.
 */
export function saveResults(results: Results, directory: URL): void {
  const { startedAt, cpu, cores } = results.environment
  const machine = `${cpu} ${cores} cores`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const file = new URL(`${startedAt.slice(0, 10)}-${machine}.json`, directory)
  const merged = existsSync(file) ? mergeResults(readResults(file), results) : results
  writeFileSync(file, `${JSON.stringify(merged)}\n`)
}

/** Throws when nothing was measured yet. */
export function newestResultFile(directory: URL): URL {
  const newest = readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .at(-1)
  if (newest === undefined) throw new Error('there are no results; npm run bench -- --save makes some')
  return new URL(newest, directory)
}

export function readResults(file: URL): Results {
  return JSON.parse(readFileSync(file, 'utf8')) as Results
}
