// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { BufferPool } from '../../src/encode/buffer-pool.js'

const MIB = 1024 * 1024

test('a buffer that was given back is taken again', () => {
  const { pool } = setup()
  const buffer = pool.take()
  pool.give(buffer, 1000)
  expect(pool.take() === buffer).toBe(true)
  expect(pool.take() === buffer).toBe(false)
})

test('what waits in the pool is bounded', () => {
  const { pool } = setup()
  const buffers = Array.from({ length: 100 }, () => pool.take())
  for (const buffer of buffers) pool.give(buffer, buffer.length)
  expect(pool.idleBytes).toBeLessThanOrEqual(8 * MIB)
})

test('a buffer larger than anything usual is let go at once', () => {
  const { pool } = setup()
  pool.give(pool.takeAtLeast(16 * MIB), 16 * MIB)
  expect(pool.idleBytes).toBe(0)
})

test('a grown buffer is let go when its size has not been needed for two periods', () => {
  const { pool, pass } = setup()
  const grown = pool.takeAtLeast(4 * MIB)
  pool.give(grown, 4 * MIB)
  for (let i = 0; i < 3; i++) {
    expect(pool.take() === grown).toBe(true)
    pass(20_000)
    pool.give(grown, 1000)
  }
  expect(pool.take() === grown).toBe(true)
  pass(20_000)
  pool.give(grown, 1000)
  expect(pool.idleBytes).toBe(0)
})

test('buffers that nobody takes are let go after a quiet time', () => {
  const { pool, pass } = setup()
  const buffers = [pool.take(), pool.take()]
  for (const buffer of buffers) pool.give(buffer, 1000)
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
