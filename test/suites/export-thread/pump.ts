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
  readonly error?: string
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

async function runBoth(both: object, seed: number): Promise<Report[]> {
  const reports = await Promise.all(
    (['application', 'thread'] as const).map((side, i) => runThread<Report>('pump.mjs', { ...both, side, seed: seed + i })),
  )
  for (const { error } of reports) expect(error).toBeUndefined()
  return reports
}

/** The one message of a thread that runs a fixture. */
export async function runThread<T>(file: string, workerData: unknown, transferList: MessagePort[] = []): Promise<T> {
  const worker = new Worker(new URL(file, FIXTURES), { workerData, transferList, execArgv: [] })
  const [message] = (await once(worker, 'message')) as [T]
  await worker.terminate()
  return message
}

/** A control block whose positions start at `start`. */
export function controlBlock(slabCount: number, start = 0): SharedArrayBuffer {
  const { filled, returned, byteLength } = controlLayout(slabCount)
  const memory = new SharedArrayBuffer(byteLength)
  const words = new Int32Array(memory)
  for (const word of [filled.head, filled.tail, returned.head, returned.tail]) words[word] = start
  return memory
}
