// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from 'node:fs'
import { basename, dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether a file is the command-line program of this package. */
export function isOwnProgram(program: string): boolean {
  const file = realPath(program)
  return basename(file) === 'cli.js' && isOwnFile(file)
}

/** Whether a file belongs to this package, in either module format: one may be loaded while the other one runs. */
export function isOwnFile(path: string): boolean {
  // This file is dist/esm/own-files.js or dist/cjs/own-files.js.
  const dist = dirname(dirname(realPath(fileURLToPath(import.meta.url))))
  return realPath(path).startsWith(dist + sep)
}

/** The path with all links resolved; the path itself if there is no such file. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
