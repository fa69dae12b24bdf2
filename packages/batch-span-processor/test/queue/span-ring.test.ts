// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SpanRing } from '../../src/queue/span-ring.js'

describe.each([1, 10, 1000, 2048, 2049, 65_536, 65_537])('a ring of %i', (capacity) => {
  test('takes exactly its capacity and refuses the next', () => {
    const ring = new SpanRing<number>(capacity)
    for (let i = 0; i < capacity; i++) expect(ring.offer(i)).toBe(true)
    expect(ring.offer(capacity)).toBe(false)
    expect(ring.size).toBe(capacity)
    expect(ring.head - ring.tail).toBe(capacity)
  })

  test('gives back in order over many wraps', () => {
    const ring = new SpanRing<number>(capacity)
    let next = 0
    let expected = 0
    for (let lap = 0; lap < 50; lap++) {
      while (ring.offer(next)) next++
      const taken = 1 + (lap % capacity)
      for (let i = 0; i < taken; i++) {
        expect(ring.peek()).toBe(expected)
        expect(ring.take()).toBe(expected++)
      }
    }
    while (ring.size > 0) expect(ring.take()).toBe(expected++)
    expect(expected).toBe(next)
  })
})

test('an empty ring gives undefined and stays empty', () => {
  const ring = new SpanRing<number>(3)
  expect(ring.peek()).toBeUndefined()
  expect(ring.take()).toBeUndefined()
  expect(ring.size).toBe(0)
  expect(ring.offer(1)).toBe(true)
  expect(ring.take()).toBe(1)
})

test('behaves like a bounded list under any sequence of calls', () => {
  const calls = fc.array(fc.constantFrom('offer', 'take', 'peek'), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), calls, (capacity, sequence) => {
      const ring = new SpanRing<number>(capacity)
      const model: number[] = []
      for (const [i, call] of sequence.entries()) {
        if (call === 'offer') {
          const fits = model.length < capacity
          if (fits) model.push(i)
          expect(ring.offer(i)).toBe(fits)
        } else if (call === 'take') expect(ring.take()).toBe(model.shift())
        else expect(ring.peek()).toBe(model[0])
        expect(ring.size).toBe(model.length)
      }
    }),
  )
})

test('behaves like a bounded list over many segments, in bursts of any size', () => {
  const bursts = fc.array(fc.tuple(fc.nat(5000), fc.nat(5000)), { maxLength: 60 })
  fc.assert(
    fc.property(bursts, (lap) => {
      const capacity = 70_000
      const ring = new SpanRing<number>(capacity)
      let [offered, taken] = [0, 0]
      for (const [offers, takes] of lap) {
        for (let i = 0; i < offers; i++) {
          const fits = offered - taken < capacity
          if (ring.offer(offered) !== fits) throw new Error(`offer ${offered} with ${taken} taken`)
          if (fits) offered++
        }
        for (let i = 0; i < takes; i++) {
          const expected = taken < offered ? taken : undefined
          if (ring.peek() !== expected || ring.take() !== expected) throw new Error(`take ${taken} of ${offered}`)
          if (expected !== undefined) taken++
        }
      }
      expect(ring.size).toBe(offered - taken)
    }),
    { numRuns: 50 },
  )
})

test('storage is taken as spans come and given back as they leave, however many may come', () => {
  const heapBytes = (): number => {
    ;(globalThis as unknown as { gc(): void }).gc()
    return process.memoryUsage().heapUsed
  }
  const before = heapBytes()
  const ring = new SpanRing<object>(2 ** 24)
  const item = {}
  // 2^24 slots of 8 bytes are 128 MiB.
  expect(heapBytes() - before, 'empty').toBeLessThan(2 ** 20)
  for (let i = 0; i < 500_000; i++) ring.offer(item)
  expect(heapBytes() - before, 'with 500,000 spans').toBeGreaterThan(3_500_000)
  expect(heapBytes() - before, 'with 500,000 spans').toBeLessThan(6_000_000)
  while (ring.take());
  expect(heapBytes() - before, 'empty again').toBeLessThan(2 ** 20)
})

test('a taken slot no longer holds its span', async () => {
  const ring = new SpanRing<object>(4)
  const reference = offerAndTake(ring)
  await new Promise((resolve) => setImmediate(resolve))
  ;(globalThis as unknown as { gc(): void }).gc()
  expect(reference.deref()).toBeUndefined()
})

/** In a function of its own, so that no register of the test keeps the span alive. */
function offerAndTake(ring: SpanRing<object>): WeakRef<object> {
  const span = { name: 'collect me' }
  const reference = new WeakRef(span)
  ring.offer(span)
  ring.take()
  return reference
}
