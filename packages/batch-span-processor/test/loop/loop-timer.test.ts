// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import type { Clock } from '@spanring/core'
import { LoopTimer } from '../../src/loop/loop-timer.js'

function setup() {
  const clock = new FakeClock()
  let timersMade = 0
  const counting: Clock = {
    now: () => clock.now(),
    soon: (callback) => clock.soon(callback),
    stopTimer: (timer) => clock.stopTimer(timer),
    startTimer: (callback, delayMillis, keepAlive) => {
      timersMade++
      return clock.startTimer(callback, delayMillis, keepAlive)
    },
  }
  const fired: number[] = []
  const timer = new LoopTimer(counting, () => fired.push(clock.now() - 1000))
  return { clock, timer, fired, timersMade: () => timersMade }
}

test('a timer fires once, when it was set for', async () => {
  const { clock, timer, fired } = setup()
  timer.set(5)
  await clock.advance(20)
  expect(fired).toEqual([5])
})

test('a timer that is set again fires at the new time alone', async () => {
  const { clock, timer, fired } = setup()
  timer.set(5)
  await clock.advance(3)
  timer.set(10)
  await clock.advance(20)
  expect(fired).toEqual([13])
})

test('setting it for the same delay again re-arms one timer', async () => {
  const { clock, timer, fired, timersMade } = setup()
  for (let i = 0; i < 100; i++) {
    timer.set(2)
    await clock.advance(2)
  }
  expect(fired.length).toBe(100)
  expect(timersMade()).toBe(1)
})

test('a stopped timer does not fire and leaves no timer', async () => {
  const { clock, timer, fired } = setup()
  timer.set(5)
  timer.stop()
  expect(clock.ownTimers).toBe(0)
  await clock.advance(20)
  expect(fired).toEqual([])
})

test('the timer never holds the process, and none is set for longer than a timer takes', () => {
  const { clock, timer } = setup()
  timer.set(2 ** 40)
  expect(clock.keepAliveTimers).toBe(0)
  expect(clock.ownTimers).toBe(1)
})
