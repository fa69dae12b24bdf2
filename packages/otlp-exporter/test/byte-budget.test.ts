// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Timer } from '@spanring/core'
import { ByteBudget } from '../src/byte-budget.js'

const MIB = 1024 * 1024
const nobody = (): void => {}

/** Time that passes by `advance` alone. */
function setupClock() {
  let now = 0
  const timers = new Map<() => void, number>()
  const startTimer = (callback: () => void, delayMillis: number): Timer => {
    timers.set(callback, now + delayMillis)
    return { stop: () => void timers.delete(callback) }
  }
  const stopTimer = (timer: Timer | undefined): void => timer?.stop?.()
  const advance = (millis: number): void => {
    now += millis
    for (const [callback, at] of timers) if (at <= now && timers.delete(callback)) callback()
  }
  return { clock: { now: () => now, startTimer, stopTimer }, timers, advance }
}

describe('a byte budget', () => {
  test('sets aside half of what is left, so that several open batches have room', () => {
    const budget = new ByteBudget(32 * MIB)

    expect(budget.reserve(64 * MIB, nobody)).toBe(16 * MIB)
    expect(budget.reserve(64 * MIB, nobody)).toBe(8 * MIB)
    expect(budget.used).toBe(24 * MIB)
  })

  test('never sets aside more than was asked for', () => {
    expect(new ByteBudget(32 * MIB).reserve(1000, nobody)).toBe(1000)
  })

  test('counts what grows while it is held, and gives exactly that back', () => {
    const budget = new ByteBudget(4 * MIB)
    budget.hold(budget.reserve(MIB, nobody), MIB)
    // Compressed, and later divided into halves that are not.
    budget.release(MIB - 1000)
    budget.release(1000 - 5000)
    expect(budget.used).toBe(5000)
    budget.release(5000)
    expect(budget.used).toBe(0)
  })

  test('gives the last of it whole, and then nothing', () => {
    const budget = new ByteBudget(MIB)

    expect(budget.reserve(64 * MIB, nobody)).toBe(MIB)
    expect(budget.reserve(64 * MIB, nobody)).toBe(0)
    expect(budget.used).toBe(MIB)
  })

  test('smaller than a usual batch it is for one batch at a time', () => {
    const budget = new ByteBudget(100)

    expect(budget.reserve(64 * MIB, nobody)).toBe(100)
    expect(budget.reserve(64 * MIB, nobody)).toBe(0)
    budget.release(99)
    expect(budget.reserve(64 * MIB, nobody)).toBe(0)
    budget.release(1)
    expect(budget.reserve(64 * MIB, nobody)).toBe(100)
  })

  test('wakes who was refused, once and in order, as far as there is room for a batch of each', () => {
    const budget = new ByteBudget(2 * MIB)
    const woken: string[] = []
    budget.reserve(2 * MIB, nobody)
    budget.reserve(2 * MIB, nobody)
    const first = (): void => void woken.push('first')
    budget.reserve(1, first)
    budget.reserve(1, first)
    budget.reserve(1, () => void woken.push('second'))

    budget.release(MIB - 1)
    expect(woken).toEqual([])
    budget.release(1)
    expect(woken).toEqual(['first'])
    budget.release(MIB)
    expect(woken).toEqual(['first', 'second'])
    budget.close()
  })

  test('whoever is woken may ask again at once', () => {
    const budget = new ByteBudget(MIB)
    const reserved: number[] = []
    const ask = (): void => void reserved.push(budget.reserve(MIB, ask))
    ask()
    ask()
    budget.release(MIB)
    budget.release(MIB)

    expect(reserved).toEqual([MIB, 0, MIB])
    expect(budget.used).toBe(0)
  })

  test('whoever waits for more than a batch needs is woken when that much is left, or everything', () => {
    const budget = new ByteBudget(8 * MIB)
    const woken: string[] = []
    budget.reserve(8 * MIB, nobody)
    budget.widenToAll(4 * MIB, 8 * MIB, nobody)
    const three = (): void => void woken.push('three')
    budget.wait(3 * MIB, three)
    budget.wait(100 * MIB, () => void woken.push('all'))
    budget.release(2 * MIB)
    expect(woken).toEqual([])
    budget.release(MIB)
    expect(woken).toEqual(['three'])
    expect(budget.reserve(3 * MIB, three)).toBe(1.5 * MIB)
    budget.release(6.5 * MIB - 1)
    expect(woken).toEqual(['three'])
    budget.release(1)
    expect(woken).toEqual(['three', 'all'])
    budget.close()
  })

  test('makes a part of all that is left, but never more than that', () => {
    const budget = new ByteBudget(8 * MIB)
    const first = budget.reserve(64 * MIB, nobody)
    expect(budget.reserve(64 * MIB, nobody)).toBe(2 * MIB)
    expect(budget.widenToAll(first, 64 * MIB, nobody)).toBe(6 * MIB)
    expect(budget.used).toBe(8 * MIB)
    expect(budget.widen(0, 64 * MIB, nobody)).toBe(0)
    expect(budget.widenToAll(0, 64 * MIB, nobody)).toBe(0)
    expect(budget.widenToAll(6 * MIB, MIB, nobody)).toBe(6 * MIB)
    expect(budget.used).toBe(8 * MIB)
  })

  test('serves in the order of waiting: what somebody waits for is not there for those who come later', () => {
    const budget = new ByteBudget(8 * MIB)
    const woken: string[] = []
    const [much, little] = [(): void => void woken.push('much'), (): void => void woken.push('little')]
    expect(budget.reserve(4 * MIB, nobody)).toBe(4 * MIB)
    budget.wait(7 * MIB, much)
    expect(budget.reserve(MIB, little)).toBe(0)
    expect(budget.widen(0, MIB, nobody)).toBe(0)
    expect(budget.widenToAll(4 * MIB, 8 * MIB, nobody)).toBe(4 * MIB)
    budget.release(2 * MIB)
    expect(budget.reserve(MIB, little)).toBe(0)
    expect(woken).toEqual([])

    // Both fit now, one after the other; and whoever comes first finds what the other waits for still there.
    budget.release(2 * MIB)
    expect(woken).toEqual(['much', 'little'])
    expect(budget.reserve(64 * MIB, little)).toBe(MIB)
    expect(budget.widenToAll(0, 64 * MIB, much)).toBe(7 * MIB)
    budget.stopWaiting(much)
    budget.close()
  })

  test('who finds too little when it is woken keeps its place', () => {
    const budget = new ByteBudget(8 * MIB)
    const woken: string[] = []
    const [much, little] = [(): void => void woken.push('much'), (): void => void woken.push('little')]
    budget.reserve(4 * MIB, nobody)
    budget.wait(6 * MIB, much)
    budget.reserve(MIB, little)
    budget.release(2 * MIB)
    expect(woken).toEqual(['much'])
    budget.wait(7 * MIB, much)
    budget.release(MIB)
    expect(woken).toEqual(['much', 'much'])
    budget.stopWaiting(much)
    expect(woken).toEqual(['much', 'much', 'little'])
    budget.close()
  })

  test('who is woken and does not come loses its place, and the next one is woken although nothing is held', () => {
    const { clock, timers, advance } = setupClock()
    const budget = new ByteBudget(8 * MIB, clock)
    const woken: string[] = []
    const third = (): void => void woken.push('third')
    expect(budget.reserve(4 * MIB, nobody)).toBe(4 * MIB)
    budget.wait(8 * MIB, () => void woken.push('first'))
    budget.wait(8 * MIB, () => void woken.push('second'))
    budget.wait(8 * MIB, third)
    budget.release(4 * MIB)
    expect(woken).toEqual(['first'])
    advance(99)
    expect(budget.reserve(MIB, third)).toBe(0)
    advance(1)
    expect(woken).toEqual(['first', 'second'])
    advance(100)
    expect(woken).toEqual(['first', 'second', 'third'])
    expect(budget.reserve(MIB, third)).toBe(MIB)
    expect(budget.used).toBe(MIB)
    advance(100)
    expect(timers.size).toBe(0)
  })

  test('when it is closed it wakes nobody', () => {
    const budget = new ByteBudget(MIB)
    let isWoken = false
    budget.reserve(MIB, nobody)
    budget.reserve(MIB, () => (isWoken = true))
    budget.close()
    budget.release(MIB)

    expect(isWoken).toBe(false)
  })

  test('is never exceeded, and all of it comes back, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 * MIB }),
        fc.array(fc.record({ isReserve: fc.boolean(), bytes: fc.integer({ min: 1, max: 64 * MIB }), which: fc.nat() })),
        (limit, steps) => {
          const budget = new ByteBudget(limit)
          const held: number[] = []
          for (const { isReserve, bytes, which } of steps) {
            if (isReserve) {
              const reserved = budget.reserve(bytes, nobody)
              expect(reserved).toBeLessThanOrEqual(bytes)
              held.push(reserved)
            } else if (held.length > 0) {
              const index = which % held.length
              const part = Math.min(held[index] ?? 0, bytes)
              held[index] = (held[index] ?? 0) - part
              budget.release(part)
            }
            expect(budget.used).toBe(held.reduce((sum, part) => sum + part, 0))
            expect(budget.used).toBeLessThanOrEqual(limit)
          }
          for (const part of held) budget.release(part)
          expect(budget.used).toBe(0)
        },
      ),
    )
  })

  test('wakes everybody who waits, and keeps no timer, whatever is taken and given back and whoever stays away', () => {
    const step = fc.record({
      what: fc.constantFrom('reserve', 'give back', 'wait', 'leave', 'time'),
      who: fc.nat({ max: 4 }),
      bytes: fc.integer({ min: 1, max: 12 * MIB }),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 * MIB }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        const { clock, timers, advance } = setupClock()
        const budget = new ByteBudget(limit, clock)
        const waits = new Set<number>()
        const wakes = Array.from({ length: 5 }, (_, who) => () => void waits.delete(who))
        const held = [0, 0, 0, 0, 0]
        for (const { what, who, bytes } of steps) {
          const wake = wakes[who] ?? nobody
          if (what === 'reserve' && held[who] === 0) {
            held[who] = budget.reserve(bytes, wake)
            if (held[who] === 0) waits.add(who)
            else waits.delete(who)
          } else if (what === 'give back') {
            budget.release(held[who] ?? 0)
            held[who] = 0
          } else if (what === 'wait' && budget.used > 0) {
            waits.add(who)
            budget.wait(bytes, wake)
          } else if (what === 'leave') {
            waits.delete(who)
            budget.stopWaiting(wake)
          } else if (what === 'time') advance(bytes % 150)
          expect(budget.used).toBeLessThanOrEqual(limit)
        }
        for (const bytes of held) budget.release(bytes)
        for (let i = 0; i < 6; i++) advance(100)
        expect(budget.used).toBe(0)
        expect([...waits]).toEqual([])
        expect(timers.size).toBe(0)
        expect(budget.reserve(64 * MIB, nobody)).toBeGreaterThan(0)
      }),
      { numRuns: 2000 },
    )
  })

  test('a caller whose onRoom throws keeps no other from its room', () => {
    const { clock } = setupClock()
    const budget = new ByteBudget(MIB, clock)
    budget.reserve(MIB, nobody)
    let called = 0
    budget.wait(1000, () => {
      called++
      throw new Error('a bug of the caller')
    })
    budget.wait(1000, () => void called++)
    expect(() => budget.release(MIB)).not.toThrow()
    expect(called).toBe(2)
  })

  test('holds nothing after its end, whoever gives back or takes', () => {
    const budget = new ByteBudget(32 * MIB)
    const reserved = budget.reserve(MIB, nobody)
    budget.close()
    expect(budget.used).toBe(0)
    expect(budget.reserve(MIB, nobody)).toBe(MIB)
    budget.release(reserved)
    expect(budget.used).toBe(0)
  })
})
