// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { bounded } from '../../src/transport/bounded.js'
import { stillClock } from './still-clock.js'

const NEVER = (): Promise<never> => new Promise(() => {})

test('work settles it as done or failed, and leaves no timer', async () => {
  const { clock, timers } = stillClock()
  const error = new Error('no')
  const bound = { at: 100 }
  expect(await bounded(clock, bound, () => 7)).toEqual({ status: 'done', value: 7 })
  expect(await bounded(clock, bound, () => Promise.resolve(7))).toEqual({ status: 'done', value: 7 })
  expect(await bounded(clock, bound, () => Promise.reject(error))).toEqual({ status: 'failed', error })
  const thrown = bounded(clock, bound, () => {
    throw error
  })
  expect(await thrown).toEqual({ status: 'failed', error })
  expect(timers.size).toBe(0)
})

test('silence settles at the bound, and a wait without a bound holds a timer all the same', async () => {
  const { clock, timers, advance, turn } = stillClock()
  const waits = [bounded(clock, { at: 100, keepAlive: true }, NEVER), bounded(clock, { at: Infinity }, NEVER)]
  advance(99)
  expect([...timers].map(({ keepAlive }) => keepAlive)).toEqual([true, false])
  advance(1)
  turn()
  expect(await waits[0]).toEqual({ status: 'timeout' })
  expect(timers.size).toBe(1)
})

test.each([100, 151])('a timer that fires at %i gives I/O one more turn', async (millis) => {
  const { clock, advance, turn } = stillClock()
  let answer!: (value: string) => void
  const saved = bounded(clock, { at: 100 }, () => new Promise<string>((resolve) => (answer = resolve)))
  const lost = bounded(clock, { at: 100 }, NEVER)
  advance(millis)
  answer('it was there')
  expect(await saved).toEqual({ status: 'done', value: 'it was there' })
  turn()
  expect(await lost).toEqual({ status: 'timeout' })
})

test('a signal ends it, before and during, and keeps no listener', async () => {
  const { clock, timers } = stillClock()
  const controller = new AbortController()
  const waiting = bounded(clock, { at: 100, signal: controller.signal }, NEVER)
  controller.abort()
  expect(await waiting).toEqual({ status: 'aborted' })
  expect(await bounded(clock, { at: 100, signal: controller.signal }, () => 7)).toEqual({ status: 'aborted' })
  expect(timers.size).toBe(0)
})
