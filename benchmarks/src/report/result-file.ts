// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync } from 'node:fs'
import type { Environment } from '../environment.js'
import type { Results } from './results.js'

const directory = new URL('../../../results/', import.meta.url)

/** The name of the file for what was measured now, by day and processor; the newest is the last by name. */
export function resultFileFor({ startedAt, cpu, cores }: Environment): URL {
  const machine = `${cpu} ${cores} cores`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return new URL(`${startedAt.slice(0, 10)}-${machine}.json`, directory)
}

/** Throws when nothing was measured yet. */
export function newestResultFile(): URL {
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
