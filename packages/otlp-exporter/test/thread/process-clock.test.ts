// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { ProcessClock, processMillis } from '../../src/thread/process-clock.js'

test('threads of a process share the clock', async () => {
  const before = processMillis()
  const worker = new Worker(`require('node:worker_threads').parentPort.postMessage(process.hrtime())`, { eval: true })
  const [[seconds, nanos]] = (await once(worker, 'message')) as [[number, number]]
  const inThread = seconds * 1000 + nanos / 1e6
  expect(inThread).toBeGreaterThan(before)
  expect(inThread).toBeLessThanOrEqual(processMillis())
})

test('tells how long ago something was in the other thread', () => {
  const clock = new ProcessClock(processMillis())
  expect(clock.since(processMillis() - 50)).toBeGreaterThanOrEqual(50)
  expect(clock.since(processMillis() + 50)).toBe(0)
})

test.each([
  ['began later in this thread', 10_000],
  ['began earlier in this thread', -1e7],
])('tells nothing where the clock %s', (_what, ahead) => {
  expect(new ProcessClock(processMillis() + ahead).since(processMillis() - 50)).toBe(0)
})
