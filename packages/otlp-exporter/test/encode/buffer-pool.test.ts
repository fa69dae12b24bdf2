// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { BufferPool } from '../../src/encode/buffer-pool.js'

const KIB = 1024
const MIB = 1024 * KIB

test('a buffer that was given back is taken again by whoever needs that size', () => {
  const { pool } = setup()
  const buffer = pool.take(300 * KIB)
  pool.give(buffer)
  expect(pool.take(200 * KIB) === buffer).toBe(false)
  expect(pool.take(400 * KIB) === buffer).toBe(true)
  expect(pool.take(400 * KIB) === buffer).toBe(false)
})

test('sizes are powers of two, and exact for what is larger than anything kept', () => {
  const { pool } = setup()
  const sizes = [1, 16 * KIB, 16 * KIB + 1, 4 * MIB, 4 * MIB + 1]
  expect(sizes.map((size) => pool.take(size).length)).toEqual([16 * KIB, 16 * KIB, 32 * KIB, 4 * MIB, 4 * MIB + 1])
})

test('what waits in the pool is bounded', () => {
  const { pool } = setup()
  const buffers = Array.from({ length: 100 }, () => pool.take(512 * KIB))
  for (const buffer of buffers) pool.give(buffer)
  expect(pool.idleBytes).toBe(16 * MIB)
})

test('a buffer larger than anything usual is let go at once', () => {
  const { pool } = setup()
  pool.give(pool.take(16 * MIB))
  expect(pool.idleBytes).toBe(0)
})

test('the usual size follows the largest batch, and forgets it after two periods', () => {
  const { pool, pass } = setup()
  expect(pool.takeUsual().length).toBe(128 * KIB)
  pool.observe(1 * MIB)
  expect(pool.takeUsual().length).toBe(1 * MIB)
  for (const expected of [1 * MIB, 16 * KIB]) {
    pass(30_000)
    pool.observe(5 * KIB)
    expect(pool.takeUsual().length).toBe(expected)
  }
})

test('buffers that nobody takes are let go after a quiet time', () => {
  const { pool, pass } = setup()
  const buffers = [pool.take(512 * KIB), pool.take(512 * KIB)]
  for (const buffer of buffers) pool.give(buffer)
  pass(29_999)
  pool.trim()
  expect(pool.idleBytes).toBe(MIB)
  pass(1)
  pool.trim()
  expect(pool.idleBytes).toBe(0)
})

function setup(): { pool: BufferPool; pass: (millis: number) => void } {
  let now = 0
  return { pool: new BufferPool(() => now), pass: (millis) => (now += millis) }
}
