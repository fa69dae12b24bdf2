// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether it is the program of this package. */
export function isOwnProgram(program: string): boolean {
  try {
    const file = realpathSync(program)
    // Either format may be loaded, and the program is run in one.
    return (
      basename(file) === 'cli.js' && dirname(dirname(file)) === dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
    )
  } catch {
    return false
  }
}
