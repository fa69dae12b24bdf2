// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { expect } from 'vitest'
import { controlLayout } from '../../../packages/otlp-exporter/src/shared-memory/layout.js'

const FIXTURES = new URL('fixtures/', import.meta.url)

export interface PumpOptions {
  /** How many slabs circulate; the rings have room for just as many. A power of two. */
  readonly slabCount: number
  /** How many numbers go to the other thread and come back. */
  readonly count: number
  /** Where the positions in the rings start. */
  readonly start?: number
  /** Whether slabs are written and read, too. */
  readonly hasSlabs?: boolean
  readonly seed: number
}

interface Report {
  readonly wakeUps: number
}

/** Every number goes through one ring and comes back through the other one, in order, complete, and with no wake-up lost. */
export async function expectPumped({ slabCount, count, start = 0, hasSlabs = false, seed }: PumpOptions): Promise<void> {
  const memory = controlBlock(slabCount, start)
  const bells = new SharedArrayBuffer(256)
  const slabMemory = hasSlabs ? Array.from({ length: slabCount }, () => new SharedArrayBuffer(4096)) : undefined
  const [application, thread] = await runBoth({ memory, bells, slabCount, count, slabMemory }, seed)
  // Otherwise it was no test of wake-ups.
  expect(application?.wakeUps).toBeGreaterThan(0)
  expect(thread?.wakeUps).toBeGreaterThan(0)
}

/** Numbers go one way as fast as they can, and arrive in order. Nobody sleeps. */
export async function expectStreamed(slabCount: number, count: number): Promise<void> {
  await runBoth({ memory: controlBlock(slabCount), bells: new SharedArrayBuffer(256), slabCount, count, isSpinning: true }, 0)
}

async function runBoth(both: object, seed: number): Promise<readonly Report[]> {
  const sides = (['application', 'thread'] as const).map((side, i) => ({ workerData: { ...both, side, seed: seed + i } }))
  return runThreads<Report>('pump.mjs', sides)
}

interface ThreadOptions {
  readonly workerData: object
  readonly transferList?: MessagePort[]
}

/** The one message of each thread that runs a fixture. Rejects with the first that has an error, and ends all of them. */
export async function runThreads<T>(file: string, threads: readonly ThreadOptions[]): Promise<T[]> {
  const workers = threads.map((options) => new Worker(new URL(file, FIXTURES), { ...options, execArgv: [] }))
  const report = async (worker: Worker): Promise<T> => {
    const [message] = (await once(worker, 'message')) as [T]
    const { error } = message as { readonly error?: string }
    if (error !== undefined) throw new Error(error)
    return message
  }
  try {
    return await Promise.all(workers.map(report))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** A control block whose positions start at `start`. */
export function controlBlock(slabCount: number, start = 0): SharedArrayBuffer {
  const { filled, returned, byteLength } = controlLayout(slabCount)
  const memory = new SharedArrayBuffer(byteLength)
  const words = new Int32Array(memory)
  for (const word of [filled.head, filled.tail, returned.head, returned.tail]) words[word] = start
  return memory
}
