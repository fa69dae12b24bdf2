// SPDX-License-Identifier: Apache-2.0
import type { Timer } from '@spanring/core'
import type { TransportClock } from '../../src/transport/clock.js'

/** A clock that stands still until it is told. */
export function stillClock() {
  let now = 0
  const timers = new Set<Timer & { callback: () => void; at: number; keepAlive: boolean }>()
  const turns: (() => void)[] = []
  const clock: TransportClock = {
    now: () => now,
    wallTime: () => now,
    startTimer(callback, delayMillis, keepAlive = false) {
      const timer = { callback, at: now + delayMillis, keepAlive, stop: () => void timers.delete(timer) }
      timers.add(timer)
      return timer
    },
    stopTimer: (timer) => timer?.stop?.(),
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
  /** Time that passes in steps of 10 ms, each of which ends when everything that it set off is done. */
  const pass = async (millis: number): Promise<void> => {
    for (let passed = 0; ; passed += 10) {
      for (let round = 0; round < 20; round++) {
        turn()
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await Promise.resolve()
      }
      if (passed >= millis) return
      advance(10)
    }
  }
  return { clock, timers, advance, turn, pass }
}
