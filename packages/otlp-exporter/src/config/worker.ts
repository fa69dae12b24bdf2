// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXPORT_THREAD, INVALID_SETTING } from '@spanring/core'
import { warnLater } from '../warn.js'
import { readVariable } from './environment.js'
import type { Environment } from './environment.js'
import { describe } from './numbers.js'

const VARIABLE = 'SPANRING_WORKER'

/** For warnings about a file that is not there. */
export const HOW_TO_BUNDLE =
  'In a bundle, make @spanring/otlp-exporter/export-thread a second entry, and set worker: { file } to the file that is built from it'

/** Whether spans are sent from a thread of their own, and which file it runs. */
export interface WorkerSettings {
  /** The file in a bundle; undefined for the one of this package. */
  readonly file: string | URL | undefined
}

/** Undefined if spans are sent from the thread of the application. */
export function resolveWorker(option: unknown, env: Environment): WorkerSettings | undefined {
  if (typeof option === 'boolean') return option ? { file: undefined } : undefined
  if (typeof option === 'object' && option !== null) return fromFile(fileOf(option))
  const text = readVariable(env, VARIABLE)
  const fromText = text?.toLowerCase() === 'true' ? { file: undefined } : undefined
  const used = fromText === undefined ? 'false' : `true, as ${VARIABLE} says`
  if (option !== undefined && option !== null) {
    warnLater(`${INVALID_SETTING} worker is ${describe(option)}; must be true, false or { file }; using ${used}`)
  }
  if (text !== undefined && fromText === undefined && text.toLowerCase() !== 'false') {
    warnLater(`${INVALID_SETTING} ${VARIABLE} is ${describe(text)}; must be true or false; using false`)
  }
  return fromText
}

function fileOf(option: { readonly file?: unknown }): unknown {
  try {
    return option.file
  } catch {
    return undefined
  }
}

function fromFile(file: unknown): WorkerSettings | undefined {
  const path = pathOf(file)
  if (path === undefined) {
    warnLater(`${INVALID_SETTING} worker.file is ${describe(file)}; must be a path or a file: URL; using false`)
    return undefined
  }
  // A thread takes no path that begins with a name.
  if (existsSync(path)) return { file: resolve(path) }
  warnLater(
    `${EXPORT_THREAD} worker.file is ${describe(path)}, which does not exist; spans are sent from this thread. ${HOW_TO_BUNDLE}`,
  )
  return undefined
}

function pathOf(file: unknown): string | undefined {
  if (typeof file === 'string' && file !== '' && !file.startsWith('file:')) return file
  try {
    return fileURLToPath(file as string | URL)
  } catch {
    return undefined
  }
}
