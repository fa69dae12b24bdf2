// SPDX-License-Identifier: Apache-2.0
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import { EMPTY, FULL, QUEUED, RingConsumer, RingProducer, WAS_EMPTY } from '../../src/shared-memory/index-ring.js'
import { controlLayout } from '../../src/shared-memory/layout.js'

/*
 * Both ends in one thread, where nothing can come between. test/suites/export-thread has them in threads of their own.
 */

test('numbers come out in the order in which they went in, and then the ring is empty', () => {
  const { producer, consumer } = setup(4)
  expect(consumer.take()).toBe(EMPTY)
  for (const number of [7, 0, 2 ** 31 - 1]) producer.offer(number)
  expect([consumer.take(), consumer.take(), consumer.take(), consumer.take()]).toEqual([7, 0, 2 ** 31 - 1, EMPTY])
})

test('an offer says whether the consumer may have stopped looking', () => {
  const { producer, consumer } = setup(4)
  expect(producer.offer(1)).toBe(WAS_EMPTY)
  expect(producer.offer(2)).toBe(QUEUED)
  consumer.take()
  expect(producer.offer(3)).toBe(QUEUED)
  consumer.take()
  consumer.take()
  // It has not looked again, but it may do so at any moment, and find nothing.
  expect(producer.offer(4)).toBe(WAS_EMPTY)
})

test('a full ring refuses a number and keeps those that it has', () => {
  const { producer, consumer, capacity } = setup(4)
  for (let number = 0; number < capacity; number++) expect(producer.offer(number)).not.toBe(FULL)
  expect(producer.offer(99)).toBe(FULL)
  expect(consumer.take()).toBe(0)
  expect(producer.offer(4)).toBe(QUEUED)
  expect(producer.offer(99)).toBe(FULL)
  for (let number = 1; number <= capacity; number++) expect(consumer.take()).toBe(number)
  expect(consumer.take()).toBe(EMPTY)
})

test('a block until there is a number ends at once if there is one, and after its time if there is none', () => {
  const { producer, consumer } = setup(4)
  expect(consumer.waitSync(1)).toBe(false)
  producer.offer(1)
  expect(consumer.waitSync(60_000)).toBe(true)
  expect(consumer.waitSync(0)).toBe(true)
  consumer.take()
  expect(consumer.waitSync(0)).toBe(false)
})

test.each([2, 4, 64])('a random mix of both is the same as a list, across 2^31 and 2^32 (%i slabs)', (slabs) => {
  const seed = seedFromEnvironment()
  console.log(`SEED=${seed}`)
  for (const start of [0, 2 ** 31 - 100, 2 ** 32 - 100]) {
    const random = new SeededRandom(seed)
    const { producer, consumer, capacity } = setup(slabs, start)
    const list: number[] = []
    for (let number = 0; number < 5000; number++) {
      for (let i = random.below(capacity + 1); i > 0; i--) expect(consumer.take()).toBe(list.shift() ?? EMPTY)
      const expected = list.length === 0 ? WAS_EMPTY : list.length === capacity ? FULL : QUEUED
      expect(producer.offer(number)).toBe(expected)
      if (expected !== FULL) list.push(number)
    }
  }
})

test('the two rings of a block do not touch each other', () => {
  const layout = controlLayout(4)
  const memory = new SharedArrayBuffer(layout.byteLength)
  const rings = [layout.filled, layout.returned].map((ring) => ({
    producer: new RingProducer(memory, ring),
    consumer: new RingConsumer(memory, ring),
  }))
  for (let number = 0; number < 4; number++) for (const [i, { producer }] of rings.entries()) producer.offer(10 * i + number)
  const taken = rings.map(({ consumer }) => Array.from({ length: 5 }, () => consumer.take()))
  expect(taken).toEqual([
    [0, 1, 2, 3, EMPTY],
    [10, 11, 12, 13, EMPTY],
  ])
  expect(Atomics.load(new Int32Array(memory), layout.requests)).toBe(0)
})

/** A ring whose positions start at `start`. */
function setup(slabs: number, start = 0) {
  const layout = controlLayout(slabs)
  const { filled } = layout
  const memory = new SharedArrayBuffer(layout.byteLength)
  const words = new Int32Array(memory)
  words[filled.head] = start
  words[filled.tail] = start
  return {
    producer: new RingProducer(memory, filled),
    consumer: new RingConsumer(memory, filled),
    capacity: filled.capacity,
  }
}
