// SPDX-License-Identifier: Apache-2.0
import * as threads from 'node:worker_threads'
import { isOwnProgram } from '../own-files.js'

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
