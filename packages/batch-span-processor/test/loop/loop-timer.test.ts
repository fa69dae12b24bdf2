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
  const rings: number[] = []
  const alarm = new LoopTimer(counting, () => rings.push(clock.now() - 1000))
  return { clock, alarm, rings, timersMade: () => timersMade }
}

test('an alarm rings once, when it was set for', async () => {
  const { clock, alarm, rings } = setup()
  alarm.set(5)
  await clock.advance(20)
  expect(rings).toEqual([5])
})

test('an alarm that is set again rings at the new time alone', async () => {
  const { clock, alarm, rings } = setup()
  alarm.set(5)
  await clock.advance(3)
  alarm.set(10)
  await clock.advance(20)
  expect(rings).toEqual([13])
})

test('setting it for the same delay again re-arms one timer', async () => {
  const { clock, alarm, rings, timersMade } = setup()
  for (let i = 0; i < 100; i++) {
    alarm.set(2)
    await clock.advance(2)
  }
  expect(rings.length).toBe(100)
  expect(timersMade()).toBe(1)
})

test('a stopped alarm does not ring and leaves no timer', async () => {
  const { clock, alarm, rings } = setup()
  alarm.set(5)
  alarm.stop()
  expect(clock.ownTimers).toBe(0)
  await clock.advance(20)
  expect(rings).toEqual([])
})

test('no alarm holds the process, and none is set for longer than a timer takes', () => {
  const { clock, alarm } = setup()
  alarm.set(2 ** 40)
  expect(clock.keepAliveTimers).toBe(0)
  expect(clock.ownTimers).toBe(1)
})
