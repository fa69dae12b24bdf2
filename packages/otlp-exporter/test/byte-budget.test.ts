// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteBudget } from '../src/byte-budget.js'

const MIB = 1024 * 1024
const nobody = (): void => {}

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

  test('wakes everybody who was refused, once, when there is room for a batch', () => {
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
    expect(woken).toEqual(['first', 'second'])
    budget.release(MIB)
    expect(woken).toHaveLength(2)
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
    budget.widenToAll(4 * MIB, 8 * MIB)
    budget.wait(3 * MIB, () => void woken.push('three'))
    budget.wait(100 * MIB, () => void woken.push('all'))
    budget.release(2 * MIB)
    expect(woken).toEqual([])
    budget.release(MIB)
    expect(woken).toEqual(['three'])
    budget.release(5 * MIB - 1)
    expect(woken).toEqual(['three'])
    budget.release(1)
    expect(woken).toEqual(['three', 'all'])
  })

  test('makes a part of all that is left, but never more than that', () => {
    const budget = new ByteBudget(8 * MIB)
    const first = budget.reserve(64 * MIB, nobody)
    expect(budget.reserve(64 * MIB, nobody)).toBe(2 * MIB)
    expect(budget.widenToAll(first, 64 * MIB)).toBe(6 * MIB)
    expect(budget.used).toBe(8 * MIB)
    expect(budget.widen(0, 64 * MIB)).toBe(0)
    expect(budget.widenToAll(0, 64 * MIB)).toBe(0)
    expect(budget.widenToAll(6 * MIB, MIB)).toBe(6 * MIB)
    expect(budget.used).toBe(8 * MIB)
  })

  test('when it is closed it wakes nobody', () => {
    const budget = new ByteBudget(MIB)
    let isWoken = false
    budget.reserve(MIB, nobody)
    budget.reserve(MIB, () => (isWoken = true))
    budget.end()
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

  test('holds nothing after its end, whoever gives back or takes', () => {
    const budget = new ByteBudget(32 * MIB)
    const reserved = budget.reserve(MIB, nobody)
    budget.end()
    expect(budget.used).toBe(0)
    expect(budget.reserve(MIB, nobody)).toBe(MIB)
    budget.release(reserved)
    expect(budget.used).toBe(0)
  })
})
