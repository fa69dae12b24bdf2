// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { INVALID_SETTING } from '@spanring/core'
import { warnLater } from '../warn.js'
import { otlpVariables } from './environment.js'
import type { Environment } from './environment.js'

const FILES = [
  ['ca', 'CERTIFICATE'],
  ['key', 'CLIENT_KEY'],
  ['cert', 'CLIENT_CERTIFICATE'],
] as const

/**
 * Adds the contents of the files that the environment names. Only the files that are needed are read. They are read now,
 * relative to the working directory.
 */
export function addFiles(tls: Record<string, unknown>, env: Environment): void {
  // A secure context already contains everything.
  if (tls['secureContext'] !== undefined) return
  for (const [name, variable] of FILES) {
    // A PFX bundle contains both key and certificate.
    if (tls[name] !== undefined || (name !== 'ca' && tls['pfx'] !== undefined)) continue
    const content = readFirst(env, variable)
    if (content !== undefined) tls[name] = content
  }
}

function readFirst(env: Environment, name: string): Buffer | undefined {
  for (const [variable, path] of otlpVariables(env, name)) {
    try {
      return readFileSync(path)
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException
      warnLater(`${INVALID_SETTING} ${variable} names ${path}, which cannot be read (${code}); not used`)
    }
  }
  return undefined
}
