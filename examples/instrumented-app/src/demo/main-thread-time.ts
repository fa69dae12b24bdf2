// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

/**
 * For how long the main thread has been on a core, in milliseconds. Undefined where the system does not tell. The time of other
 * threads is not in it: of V8's compiler and collector, and of the export thread.
 */
export function mainThreadMillis(): number | undefined {
  try {
    // The main thread has the number of the process. In nanoseconds.
    return Number(readFileSync(`/proc/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return undefined
  }
}
