// SPDX-License-Identifier: Apache-2.0
import * as v8 from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What the heap holds and somebody still refers to, in bytes. Collects everything else first, which may take tens of milliseconds. */
export function liveHeapBytes(): number {
  v8.setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
