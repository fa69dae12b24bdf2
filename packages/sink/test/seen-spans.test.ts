// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeenSpans } from '../src/seen-spans.js'

const idOf = (number: number): Uint32Array => Uint32Array.of(0, 0, 0, 1, 0, number)

test('a span has arrived before from its second time on', () => {
  const seen = new SeenSpans()
  expect([seen.arrive(idOf(1), 0), seen.arrive(idOf(1), 0), seen.arrive(idOf(2), 0)]).toEqual([false, true, false])
})

test('every word of the ids counts', () => {
  const seen = new SeenSpans()
  const base = [1, 2, 3, 4, 5, 6]
  seen.arrive(Uint32Array.from(base), 0)
  for (let word = 0; word < 6; word++) {
    expect(
      seen.arrive(
        Uint32Array.from(base, (value, at) => (at === word ? value + 1 : value)),
        0,
      ),
    ).toBe(false)
  }
})

test('to have arrived is not to have been delivered', () => {
  const seen = new SeenSpans()
  seen.arrive(idOf(1), 0)
  expect([seen.deliver(idOf(1), 0), seen.deliver(idOf(1), 0)]).toEqual([false, true])
})

test('the last ids are remembered, and the ones long before are forgotten', () => {
  const seen = new SeenSpans(1000)
  for (let number = 1; number <= 10_000; number++) seen.arrive(idOf(number), 0)
  expect(seen.arrive(idOf(9001), 0)).toBe(true)
  expect(seen.arrive(idOf(1), 0)).toBe(false)
})

test('an id that comes again and again is not forgotten', () => {
  const seen = new SeenSpans(10)
  seen.deliver(idOf(1), 0)
  for (let number = 2; number <= 1000; number++) {
    seen.arrive(idOf(number), 0)
    if (number % 5 === 0) expect(seen.deliver(idOf(1), 0)).toBe(true)
  }
})

test('agrees with a set of strings', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }), { maxLength: 3000 }),
      (all) => {
        const seen = new SeenSpans()
        const model = new Set<string>()
        const ids = Uint32Array.from(all.flat())
        for (const [at, id] of all.entries()) {
          expect(seen.arrive(ids, at * 6)).toBe(model.has(id.join()))
          model.add(id.join())
        }
      },
    ),
    { numRuns: 20 },
  )
})

test('holds far more ids than its first table', () => {
  const seen = new SeenSpans()
  let before = 0
  for (let number = 1; number <= 50_000; number++) if (seen.arrive(idOf(number), 0)) before++
  let again = 0
  for (let number = 1; number <= 50_000; number++) if (seen.arrive(idOf(number), 0)) again++
  expect({ before, again }).toEqual({ before: 0, again: 50_000 })
})
