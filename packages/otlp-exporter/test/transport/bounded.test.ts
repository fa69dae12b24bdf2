// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { bounded } from '../../src/transport/bounded.js'
import type { Clock } from '../../src/transport/clock.js'

/** A clock that stands still until it is told. */
function setup() {
  let now = 0
  const timers = new Set<{ callback: () => void; at: number; keepAlive: boolean }>()
  const turns: (() => void)[] = []
  const clock: Clock = {
    now: () => now,
    wallTime: () => now,
    startTimer(callback, delayMillis, keepAlive) {
      const timer = { callback, at: now + delayMillis, keepAlive }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    soon: (callback) => void turns.push(callback),
  }
  const advance = (millis: number): void => {
    now += millis
    for (const timer of timers) {
      if (timer.at > now) continue
      timers.delete(timer)
      timer.callback()
    }
  }
  const turn = (): void => {
    for (const callback of turns.splice(0)) callback()
  }
  return { clock, timers, advance, turn }
}

const NEVER = (): Promise<never> => new Promise(() => {})

test('work settles it as done or failed, and leaves no timer', async () => {
  const { clock, timers } = setup()
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
  const { clock, timers, advance, turn } = setup()
  const waits = [bounded(clock, { at: 100, keepAlive: true }, NEVER), bounded(clock, { at: Infinity }, NEVER)]
  advance(99)
  expect([...timers].map(({ keepAlive }) => keepAlive)).toEqual([true, false])
  advance(1)
  turn()
  expect(await waits[0]).toEqual({ status: 'timeout' })
  expect(timers.size).toBe(1)
})

test.each([100, 151])('a timer that fires at %i gives I/O one more turn', async (millis) => {
  const { clock, advance, turn } = setup()
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
  const { clock, timers } = setup()
  const controller = new AbortController()
  const waiting = bounded(clock, { at: 100, signal: controller.signal }, NEVER)
  controller.abort()
  expect(await waiting).toEqual({ status: 'aborted' })
  expect(await bounded(clock, { at: 100, signal: controller.signal }, () => 7)).toEqual({ status: 'aborted' })
  expect(timers.size).toBe(0)
})
