// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { KeyCache } from '../../src/encode/key-cache.js'

test('a key is made once', () => {
  const { cache, made } = setup()
  for (let i = 0; i < 10; i++) cache.get('key')
  expect(made).toEqual(['key'])
})

test('keys without end neither grow the cache nor drive out a key in use', () => {
  const { cache, made } = setup()
  for (let i = 0; i < 50_000; i++) {
    cache.get(`key ${i}`)
    if (i % 100 === 0) cache.get('in use')
  }
  expect(cache.size).toBeLessThanOrEqual(2048)
  expect(made.filter((key) => key === 'in use')).toHaveLength(1)
})

test('a key of a program, too long for a vocabulary, is not kept', () => {
  const { cache } = setup()
  cache.get('k'.repeat(101))
  expect(cache.size).toBe(0)
})

function setup(): { cache: KeyCache<string>; made: string[] } {
  const made: string[] = []
  const make = (key: string): string => {
    made.push(key)
    return key
  }
  return { cache: new KeyCache(make), made }
}
