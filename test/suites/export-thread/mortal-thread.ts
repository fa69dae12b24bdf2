// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { setImmediate as nextIteration } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { SeededRandom } from '@spanring/test-kit/random'
import { expect } from 'vitest'
import { EMPTY, FULL, RingConsumer, RingProducer } from '../../../packages/otlp-exporter/src/shared-memory/index-ring.js'
import { controlLayout } from '../../../packages/otlp-exporter/src/shared-memory/layout.js'
import { APPLICATION, FIRST_WORD, IN_REQUEST, Slab, THREAD } from '../../../packages/otlp-exporter/src/shared-memory/slab.js'
import { controlBlock } from './pump.js'

const MORTAL = new URL('fixtures/mortal.mjs', import.meta.url)
const SLABS = 8
/** A thread is terminated at most this long after it has done its first batch, in milliseconds. */
const LIFE_MILLIS = 2
/** More than a thread does in its life. */
const MOST_BATCHES = 2 ** 22

/**
 * The export thread is terminated again and again, and the application hands what it had to the next one, by the table in
 * slab.ts. No batch is sent twice, whatever was given back was sent, and of what is not sent again at most one may have been.
 */
export async function expectSenderMayDie(deaths: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const slabs = Array.from({ length: SLABS }, (_, number) => new Slab(number, new SharedArrayBuffer(4096)))
  const sentBatches = new SharedArrayBuffer(4 * MOST_BATCHES)
  const sent = new Int32Array(sentBatches)
  const lost = new Set<number>()
  let nextBatch = 0
  let doneCount = 0
  /** The batches that the thread has, in their order. */
  let withThread: { batch: number; slab: Slab }[] = []
  const free = [...slabs]

  for (let death = 0; death < deaths; death++) {
    const memory = controlBlock(SLABS, random.pick([0, 2 ** 31 - 40, 2 ** 32 - 40]))
    const filled = new RingProducer(memory, controlLayout(SLABS).filled)
    const returned = new RingConsumer(memory, controlLayout(SLABS).returned)
    const handOver = (slab: Slab, batch: number): void => {
      fillWords(slab, batch)
      slab.owner = THREAD
      expect(filled.offer(slab.number)).not.toBe(FULL)
      filled.notify()
    }
    for (const { slab, batch } of withThread) handOver(slab, batch)
    const step = (mayHandOver: boolean): void => {
      for (let number = returned.take(); number !== EMPTY; number = returned.take()) {
        const { batch, slab } = withThread.shift() ?? NONE
        expectNumber(number, slab.number)
        expectNumber(slab.owner, IN_REQUEST)
        expectNumber(checkWords(slab), ~batch)
        expectNumber(sent[batch] ?? -1, 1)
        slab.owner = APPLICATION
        free.push(slab)
        doneCount++
      }
      for (let slab = mayHandOver ? free.shift() : undefined; slab !== undefined; slab = free.shift()) {
        withThread.push({ slab, batch: nextBatch })
        handOver(slab, nextBatch++)
      }
    }
    const before = doneCount
    // oxlint-disable-next-line no-await-in-loop -- one thread after the other
    await liveAndDie({ side: 'thread', memory, slabs, sentBatches, firstBatch: 0 }, random, step, () => doneCount > before)
    step(false)
    const inRequest = withThread.filter(({ slab }) => slab.owner === IN_REQUEST)
    expect(inRequest.length).toBeLessThanOrEqual(1)
    for (const { slab, batch } of inRequest) {
      lost.add(batch)
      free.push(slab)
    }
    withThread = withThread.filter(({ slab }) => slab.owner !== IN_REQUEST)
    for (const { batch } of withThread) expectNumber(sent[batch] ?? -1, 0)
  }
  expect(doneCount + lost.size + withThread.length).toBe(nextBatch)
  expect(sent.subarray(0, nextBatch).every((count, batch) => count === 1 || (count === 0 && batch > 0))).toBe(true)
  expect(doneCount).toBeGreaterThan(deaths)
}

/** The side that fills slabs is terminated: what the other one takes is a prefix of what was filled, whole, and in order. */
export async function expectFillerMayDie(deaths: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  for (let death = 0; death < deaths; death++) {
    const slabs = Array.from({ length: SLABS }, (_, number) => new Slab(number, new SharedArrayBuffer(4096)))
    const start = random.pick([0, 2 ** 31 - 40, 2 ** 32 - 40])
    const memory = controlBlock(SLABS, start)
    const layout = controlLayout(SLABS)
    const filled = new RingConsumer(memory, layout.filled)
    const returned = new RingProducer(memory, layout.returned)
    let taken = 0
    const step = (): void => {
      for (let number = filled.take(); number !== EMPTY; number = filled.take()) {
        expectNumber(number, taken % SLABS)
        const slab = slabs.at(number)!
        expectNumber(slab.owner, THREAD)
        expectNumber(checkWords(slab), taken++)
        slab.owner = APPLICATION
        expect(returned.offer(number)).not.toBe(FULL)
        returned.notify()
      }
    }
    const sentBatches = new SharedArrayBuffer(4)
    // oxlint-disable-next-line no-await-in-loop -- one thread after the other
    await liveAndDie({ side: 'application', memory, slabs, sentBatches, firstBatch: 0 }, random, step, () => taken > 0)
    step()
    expectNumber(Atomics.load(new Int32Array(memory), layout.filled.head), (start + taken) | 0)
    expect(taken).toBeGreaterThan(0)
  }
}

/** Taken in the place of a batch that the thread was never given: the checks that follow fail. */
const NONE = { batch: -1, slab: new Slab(-1, new SharedArrayBuffer(4096)) }

interface Life {
  readonly side: 'application' | 'thread'
  readonly memory: SharedArrayBuffer
  readonly slabs: readonly Slab[]
  readonly sentBatches: SharedArrayBuffer
  readonly firstBatch: number
}

/** Runs a thread beside `step`, and terminates it at a random moment after `hasBegun`. */
async function liveAndDie(
  { slabs, ...life }: Life,
  random: SeededRandom,
  step: (mayHandOver: boolean) => void,
  hasBegun: () => boolean,
): Promise<void> {
  const slabMemory = slabs.map(({ memory }) => memory)
  const worker = new Worker(MORTAL, { workerData: { ...life, slabCount: SLABS, slabMemory }, execArgv: [] })
  let error: unknown
  const state = { isGone: false }
  const gone = once(worker, 'exit').then(() => (state.isGone = true))
  worker.on('error', (reason) => (error = reason))
  let dieAt = Infinity
  while (!state.isGone) {
    step(true)
    if (dieAt === Infinity && hasBegun()) dieAt = performance.now() + random.next() * LIFE_MILLIS
    if (performance.now() >= dieAt) {
      dieAt = NaN
      void worker.terminate()
    }
    // It goes on working while it is being terminated, and so does this side.
    // oxlint-disable-next-line no-await-in-loop
    if (Number.isNaN(dieAt) || dieAt === Infinity) await nextIteration()
  }
  await gone
  expect(error).toBeUndefined()
}

/** Much faster than `expect`, which would leave the other thread waiting. */
function expectNumber(actual: number, expected: number): void {
  if (actual !== expected) expect(actual).toBe(expected)
}

/** As in fixtures/shared-memory.mjs. */
function fillWords({ words }: Slab, batch: number): void {
  for (let i = FIRST_WORD; i < words.length; i++) words[i] = batch ^ Math.imul(i, 0x9e3779b9)
}

function checkWords({ words }: Slab): number {
  const batch = (words[FIRST_WORD] ?? 0) ^ Math.imul(FIRST_WORD, 0x9e3779b9)
  for (let i = FIRST_WORD; i < words.length; i++) expectNumber(words[i] ?? 0, batch ^ Math.imul(i, 0x9e3779b9))
  return batch
}
