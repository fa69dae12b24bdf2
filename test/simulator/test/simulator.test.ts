// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Program } from '@spanring/test-kit/program'
import { beforeAll, expect, test, vi } from 'vitest'
import type * as Simulator from '../src/run-seed.js'
import { bundle } from '../bundle.mjs'
import { mutations } from '../mutations.mjs'
import { expectFound } from './expect-found.js'

const require = createRequire(import.meta.url)
let runSeed: typeof Simulator.runSeed

/** Hundreds of lives take a while on a busy machine. */
vi.setConfig({ testTimeout: 120_000 })

beforeAll(async () => {
  const loaded = require(fileURLToPath(await bundle('run-seed'))) as typeof Simulator
  runSeed = loaded.runSeed
})

/** Runs in a callback of the event loop, as a simulated thread expects. */
function inCallback<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
  })
}

test('the same seed gives the same events, whatever ran before', async () => {
  const seeds = Array.from({ length: 20 }, (_, i) => 1000 + i)
  const hashes = (): string[] => seeds.map((seed) => runSeed(seed).hash)
  const first = await inCallback(hashes)

  expect(await inCallback(() => hashes())).toEqual(first)
  expect(await inCallback(() => seeds.toReversed().map((seed) => runSeed(seed).hash))).toEqual(first.toReversed())
  expect(new Set(first).size).toBe(seeds.length)
})

test('one seed gives the same events in another process, a line each', async () => {
  const { hash, events } = await inCallback(() => runSeed(7))
  const { code, stdout } = await new Program(await bundle('main'), ['--seed', '7', '--trace']).ended

  expect(code).toBe(0)
  expect(stdout).toContain(`seed 7: ${events} events`)
  expect(stdout).toContain(`hash ${hash}`)
  expect(stdout.split('\n').filter((line) => /^ *\d+\.\d{3} {2}\S/.test(line)).length).toBeGreaterThanOrEqual(events)
})

test('no rule is broken by some hundred seeds', async () => {
  const limits = { limitMillis: 110_000 }
  const { code, stdout } = await new Program(await bundle('main'), ['--seeds', '400', '--first', '1'], limits).ended

  expect(stdout).toContain('400 seeds, 0 failed')
  expect(code).toBe(0)
})

test.each(mutations.filter(({ isSlow }) => !isSlow))('a bug on purpose is found: $name ($what)', async ({ name }) => {
  await expectFound(name)
})

test('a rule that is broken is printed with the command that replays the seed', async () => {
  const { code, stdout } = await new Program(await bundle('main', 'flush forgets'), ['--seeds', '20', '--jobs', '2']).ended

  expect(stdout).toMatch(/^seed (\d+): .+\n {2}npm run simulate -- --seed \1 --trace$/m)
  expect(code).toBe(1)
})
