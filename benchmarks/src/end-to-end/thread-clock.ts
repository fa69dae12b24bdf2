// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

/** Of the main thread, whose id is that of the process: nanoseconds on a processor, waiting for one, and time slices. */
const SCHEDSTAT = `/proc/${process.pid}/task/${process.pid}/schedstat`

/**
 * Processor time of the main thread, in microseconds; undefined where the kernel does not tell. Not `eventLoopUtilization`,
 * which counts what the loop waited for a processor that others had.
 */
export function mainThreadMicros(): number | undefined {
  try {
    return Number(readFileSync(SCHEDSTAT, 'utf8').split(' ')[0]) / 1000
  } catch {
    return undefined
  }
}
