// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from 'vitest'
import { systemClock, timerDelay } from '../src/clock.js'

/** What of this kind keeps the process alive, as Node.js counts it. */
const alive = (name: string): number => process.getActiveResourcesInfo().filter((resource) => resource === name).length

test('a timer keeps the process alive only if asked to, and not once it is stopped', () => {
  const before = alive('Timeout')
  const quiet = systemClock.startTimer(() => {}, 1000)
  expect(alive('Timeout')).toBe(before)
  const held = systemClock.startTimer(() => {}, 1000, true)
  expect(alive('Timeout')).toBe(before + 1)
  systemClock.stopTimer(held)
  systemClock.stopTimer(quiet)
  systemClock.stopTimer(undefined)
  expect(alive('Timeout')).toBe(before)
})

test('the next iteration of the event loop keeps the process alive unless told not to, and comes either way', async () => {
  const before = alive('Immediate')
  const calls: string[] = []
  systemClock.soon(() => calls.push('quiet'), false)
  expect(alive('Immediate')).toBe(before)
  systemClock.soon(() => calls.push('held'))
  expect(alive('Immediate')).toBe(before + 1)
  await new Promise((resolve) => setImmediate(resolve))
  expect(calls).toEqual(['quiet', 'held'])
})

test.each([
  [0.2, 1],
  [-5, 0],
  [Infinity, 2 ** 31 - 1],
  [10, 10],
])('a delay of %d ms is one of %d ms', (millis, delay) => {
  expect(timerDelay(millis)).toBe(delay)
})

test('the time is that of Node.js, also where a test environment brings a performance of its own', async () => {
  vi.resetModules()
  vi.stubGlobal('performance', { now: () => 1e12 })
  const { systemClock: fresh } = await import('../src/clock.js')
  vi.unstubAllGlobals()
  expect(Math.abs(fresh.now() - performance.now())).toBeLessThan(60_000)
})
