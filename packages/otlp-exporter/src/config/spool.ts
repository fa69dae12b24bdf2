// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import { INVALID_SETTING } from '@spanring/core'
import type { SpoolSettings } from '../transport/transport-settings.js'
import { warnLater } from '../warn.js'
import { readVariable } from './environment.js'
import type { Environment } from './environment.js'
import { describe, numberOf } from './numbers.js'

const DIRECTORY = 'SPANRING_SPOOL_DIRECTORY'
const MAX_BYTES = 'SPANRING_SPOOL_MAX_BYTES'

/** Undefined without a directory: what waits for the backend then stays in memory. */
export function resolveSpool(option: unknown, env: Environment): SpoolSettings | undefined {
  const given = objectOf(option)
  const directory = directoryOf(given) ?? readVariable(env, DIRECTORY)
  if (option === false || directory === undefined) return undefined
  const text = readVariable(env, MAX_BYTES)
  return {
    // The application may change its working directory later.
    directory: resolve(directory),
    maxBytes: numberOf('spool.maxBytes', given['maxBytes'], text === undefined ? [] : [[MAX_BYTES, text]]),
    maxAgeMillis: numberOf('spool.maxAgeMillis', given['maxAgeMillis']),
  }
}

function objectOf(option: unknown): Readonly<Record<string, unknown>> {
  if (typeof option === 'object' && option !== null) return option as Record<string, unknown>
  if (option !== undefined && option !== null && option !== false) {
    warnLater(`${INVALID_SETTING} spool is ${describe(option)}; must be { directory } or false; not used`)
  }
  return {}
}

function directoryOf({ directory }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof directory === 'string' && directory.trim() !== '') return directory
  if (directory !== undefined && directory !== null) {
    warnLater(`${INVALID_SETTING} spool.directory is ${describe(directory)}; must be a path; not used`)
  }
  return undefined
}
