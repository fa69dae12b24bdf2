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
  expect(pool.take(310 * KIB) === buffer).toBe(true)
  expect(pool.take(310 * KIB) === buffer).toBe(false)
})

test('no more than an eighth is taken beyond what was asked for, and none where that is large', () => {
  const { pool } = setup()
  const sizes = [1, 4 * KIB, 4 * KIB + 1, 16 * KIB, 16 * KIB + 1, 300_000, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1]
  expect(sizes.map((size) => pool.take(size).length)).toEqual([
    4 * KIB,
    4 * KIB,
    4.5 * KIB,
    16 * KIB,
    18 * KIB,
    320 * KIB,
    4 * MIB,
    4 * MIB,
    4 * MIB + 1,
  ])
  for (let size = 4 * KIB; size < 5 * MIB; size += 12_345) expect(pool.take(size).length).toBeLessThan(size * 1.125)
})

test('what may not be larger than a limit is not, and is not kept for others', () => {
  const { pool } = setup()
  const buffer = pool.take(300_000, 310_000)
  expect(buffer.length).toBe(310_000)
  pool.give(buffer)
  expect(pool.idleBytes).toBe(0)
  expect(pool.takeUsual(50_000).length).toBe(50_000)
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

test('the usual size is what the second largest of the last sixteen batches came to', () => {
  const { pool } = setup()
  expect(pool.takeUsual(MIB).length).toBe(128 * KIB)
  pool.observe(256 * KIB)
  expect(pool.takeUsual(MIB).length).toBe(128 * KIB)
  pool.observe(200 * KIB)
  expect(pool.takeUsual(MIB).length).toBe(208 * KIB)
  for (let i = 0; i < 14; i++) pool.observe(5 * KIB)
  expect(pool.takeUsual(MIB).length).toBe(208 * KIB)
  pool.observe(5 * KIB)
  expect(pool.takeUsual(MIB).length).toBe(5 * KIB)
})

test('one batch of 15 MiB does not make those that follow begin with as much, nor do several', () => {
  const { pool } = setup()
  for (let i = 0; i < 16; i++) pool.observe(200 * KIB)
  pool.observe(15 * MIB)
  expect(pool.takeUsual(32 * MIB).length).toBe(208 * KIB)
  for (let i = 0; i < 16; i++) pool.observe(15 * MIB)
  // What is larger would not be kept, and be allocated anew for every batch.
  const usual = pool.takeUsual(32 * MIB)
  expect(usual.length).toBe(4 * MIB)
  pool.give(usual)
  expect(pool.takeUsual(32 * MIB) === usual).toBe(true)
})

test('buffers that nobody takes are let go after a quiet time, with traffic and without', () => {
  const { pool, pass, timers } = setup()
  expect(timers()).toBe(0)
  pool.give(pool.take(512 * KIB))
  expect(timers()).toBe(1)
  pass(10_000)
  pool.give(pool.take(300 * KIB))
  pass(19_999)
  expect(pool.idleBytes).toBe(832 * KIB)
  pass(1)
  expect(pool.idleBytes).toBe(320 * KIB)
  pass(30_000)
  expect(pool.idleBytes).toBe(0)
  expect(timers()).toBe(0)
})

test('closed it keeps nothing, nor what is given back later, and gives what is asked for', () => {
  const { pool, timers } = setup()
  const [first, second] = [pool.take(512 * KIB), pool.take(512 * KIB)]
  pool.give(first)
  pool.close()
  expect(timers()).toBe(0)
  expect(pool.idleBytes).toBe(0)
  pool.give(second)
  expect(pool.idleBytes).toBe(0)
  expect(pool.take(512 * KIB).length).toBe(512 * KIB)
})

/** A pool with a clock that stands still until `pass`. */
function setup() {
  let now = 0
  const timers = new Map<() => void, number>()
  const pool = new BufferPool(undefined, {
    now: () => now,
    startTimer: (callback, delayMillis, keepAlive) => {
      expect(keepAlive).toBeFalsy()
      timers.set(callback, now + delayMillis)
      return { stop: () => void timers.delete(callback) }
    },
    stopTimer: (timer) => timer?.stop?.(),
  })
  const pass = (millis: number): void => {
    now += millis
    for (const [callback] of [...timers].filter(([, at]) => at <= now)) {
      timers.delete(callback)
      callback()
    }
  }
  return { pool, pass, timers: () => timers.size }
}
