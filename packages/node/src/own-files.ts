// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from 'node:fs'
import { basename, dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether it is the program of this package. */
export function isOwnProgram(program: string): boolean {
  const file = realPath(program)
  return basename(file) === 'cli.js' && isOwnFile(file)
}

/** Whether it is a file of this package, in either format: one may be loaded and the other run. */
export function isOwnFile(path: string): boolean {
  const dist = dirname(dirname(realPath(fileURLToPath(import.meta.url))))
  return realPath(path).startsWith(dist + sep)
}

/** Links resolved; what is not there is given back. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
