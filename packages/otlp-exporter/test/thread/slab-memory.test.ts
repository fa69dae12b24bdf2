// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { BufferPool, FRONT_BYTES } from '../../src/encode/buffer-pool.js'
import { SlabMemory } from '../../src/thread/slab-memory.js'

function setup() {
  const clock = new FakeClock()
  const freed: number[] = []
  const memory = new SlabMemory(2 ** 25, ({ number }) => freed.push(number))
  return { clock, freed, memory, pool: new BufferPool(memory, clock) }
}

test('a buffer is shared memory with room in front, and belongs to a slab with a number of its own', () => {
  const { memory, pool } = setup()
  const buffers = [pool.take(5000), pool.take(5000)]
  for (const [number, buffer] of buffers.entries()) {
    const slab = memory.slabOf(buffer)
    expect(slab.number).toBe(number)
    expect(slab.memory).toBeInstanceOf(SharedArrayBuffer)
    expect(slab.memory.byteLength).toBe(FRONT_BYTES + buffer.length)
    expect(buffer.byteOffset).toBe(FRONT_BYTES)
  }
})

test('a slab that is used again keeps its number, and one that stays idle is freed, for both threads', async () => {
  const { clock, freed, memory, pool } = setup()
  const buffers = Array.from({ length: 3 }, () => pool.take(5000))
  for (const buffer of buffers) pool.give(buffer)
  const again = pool.take(5000)
  expect(memory.slabOf(again).number).toBe(2)
  await clock.advance(59_999)
  expect(freed).toEqual([0, 1])
  pool.give(again)
  await clock.advance(60_000)
  expect(freed).toEqual([0, 1, 2])
  for (const buffer of buffers) expect(() => memory.slabOf(buffer)).toThrow('not in a slab')
})

test('a slab that a socket may still read is freed at once, and not used again', () => {
  const { freed, memory, pool } = setup()
  const buffer = pool.take(5000)
  pool.abandon(buffer)
  expect(freed).toEqual([0])
  expect(memory.slabOf(pool.take(5000)).number).toBe(1)
})
