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
  if (option === false) return undefined
  const fields = fieldsOf(option)
  if (fields === undefined && isGiven(option)) warnOf(describe(option))
  const given = fields ?? {}
  const directory = directoryOf(given) ?? readVariable(env, DIRECTORY)
  if (directory === undefined) {
    // Who asks for a spool and names no place for it would lose what waits, and not know.
    if (fields !== undefined && !isGiven(fields['directory'])) warnOf('an object without a directory')
    return undefined
  }
  const text = readVariable(env, MAX_BYTES)
  return {
    // The application may change its working directory later.
    directory: resolve(directory),
    maxBytes: numberOf('spool.maxBytes', given['maxBytes'], text === undefined ? [] : [[MAX_BYTES, text]]),
    maxAgeMillis: numberOf('spool.maxAgeMillis', given['maxAgeMillis']),
  }
}

/** Its fields, each read once. Undefined if it is no object with fields of ours. */
function fieldsOf(option: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof option !== 'object' || option === null || isOfAnotherKind(option)) return undefined
  const fields: Record<string, unknown> = {}
  for (const name of ['directory', 'maxBytes', 'maxAgeMillis']) {
    try {
      fields[name] = (option as Record<string, unknown>)[name]
    } catch (error) {
      // A getter of the application: what it has thrown is named as the value that is not used.
      fields[name] = error
    }
  }
  return fields
}

function isOfAnotherKind(option: object): boolean {
  try {
    return Array.isArray(option) || option instanceof URL
  } catch {
    // A proxy that was revoked, say.
    return true
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function warnOf(what: string): void {
  warnLater(`${INVALID_SETTING} spool is ${what}; must be { directory } or false; not used`)
}

function directoryOf({ directory }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof directory === 'string' && directory.trim() !== '') return directory
  if (directory !== undefined && directory !== null) {
    warnLater(`${INVALID_SETTING} spool.directory is ${describe(directory)}; must be a path; not used`)
  }
  return undefined
}
