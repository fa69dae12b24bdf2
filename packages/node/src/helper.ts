// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import * as threads from 'node:worker_threads'
import { fileURLToPath } from 'node:url'

/**
 * Whether this thread is none of the application: the one in which Node.js runs loader hooks, where some versions run
 * preloads too, or the program of this package.
 */
export function isHelper(): boolean {
  const program = process.argv[1]
  if (threads.isMainThread) return program !== undefined && isOwnProgram(program)
  // The flag is there since Node.js 22.14; before that the thread of the hooks is the one that nobody can talk to.
  return (threads as { isInternalThread?: boolean }).isInternalThread ?? threads.parentPort === null
}

function isOwnProgram(program: string): boolean {
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
