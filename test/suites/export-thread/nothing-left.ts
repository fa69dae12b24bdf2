// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { osThreadCount } from './threads.js'

/** What a process may keep of anything, in bytes: compiled code, caches of the runtime. */
const KEPT_BYTES = 6 * 2 ** 20

/** After the work, heap, shared memory and threads of the process are what they were after something like it. */
export async function expectNothingLeft(warmUp: () => Promise<unknown>, work: () => Promise<unknown>): Promise<void> {
  await warmUp()
  const before = await measure()
  await work()
  const after = await measure()
  expect(after.threads).toBe(before.threads)
  expect(after.heap - before.heap).toBeLessThan(KEPT_BYTES)
  expect(after.buffers - before.buffers).toBeLessThan(KEPT_BYTES)
}

async function measure(): Promise<{ heap: number; buffers: number; threads: number | undefined }> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    // oxlint-disable-next-line no-await-in-loop -- finalizers run between collections
    await sleep(20)
  }
  const { heapUsed, external } = process.memoryUsage()
  return { heap: heapUsed, buffers: external, threads: osThreadCount() }
}
