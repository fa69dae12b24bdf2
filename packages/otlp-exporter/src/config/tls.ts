// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { otlpVariables } from './environment.js'
import type { Environment } from './environment.js'
import type { TlsOptions } from './options.js'
import { warnLater } from './warn.js'

const NAMES = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'pfx',
  'rejectUnauthorized',
  'servername',
  'minVersion',
  'maxVersion',
  'ciphers',
] as const satisfies (keyof TlsOptions)[]

const FILES = [
  ['ca', 'CERTIFICATE'],
  ['key', 'CLIENT_KEY'],
  ['cert', 'CLIENT_CERTIFICATE'],
] as const

/**
 * Each setting from the first source that has it: so agent options with one of them do not lose the files for the
 * others. Files are read now, relative to the working directory, and only those that are needed.
 */
export function resolveTls(sources: readonly unknown[], env: Environment): TlsOptions {
  const tls: Record<string, unknown> = {}
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue
    for (const name of NAMES) tls[name] ??= (source as Record<string, unknown>)[name] ?? undefined
  }
  for (const [name, variable] of FILES) {
    // A bundle holds key and certificate.
    if (tls[name] === undefined && (name === 'ca' || tls['pfx'] === undefined)) tls[name] = readFirst(env, variable)
  }
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
}

function readFirst(env: Environment, name: string): Buffer | undefined {
  for (const [variable, path] of otlpVariables(env, name)) {
    try {
      return readFileSync(path)
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException
      warnLater(`${variable} names ${path}, which cannot be read (${code}); not used`)
    }
  }
  return undefined
}
