// SPDX-License-Identifier: Apache-2.0
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import { KeyCache } from '../../src/encode/key-cache.js'
import { encodeOne, FORMATS } from './encode-all.js'
import { plainSpan } from './plain-span.js'

test('a key is made once, when it comes a second time', () => {
  const { cache, made } = setup()
  expect(cache.find('key')).toBeUndefined()
  for (let i = 0; i < 10; i++) expect(cache.find('key')).toBe('made of key')
  expect(made).toEqual(['key'])
})

test('keys without end neither grow the cache nor drive out a key in use', () => {
  const { cache, made } = setup()
  for (let i = 0; i < 50_000; i++) {
    cache.find(`key ${i}`)
    cache.find(`key ${i}`)
    if (i % 100 === 0) cache.find('in use')
  }
  expect(cache.size).toBeLessThanOrEqual(2 * 2048 + 1024)
  expect(made.filter((key) => key === 'in use')).toHaveLength(1)
})

test.each([1000, 2000, 3000, 10_000])('of %i keys that come in turn none is made again and again', (count) => {
  const { cache, made } = setup()
  for (let turn = 0; turn < 10; turn++) for (let i = 0; i < count; i++) cache.find(`llm.message.${i}.content`)
  expect(made.length).toBeLessThanOrEqual(count)
  if (count <= 1000) expect(made).toHaveLength(count)
})

test('of more keys than fit, in any order, few are made that are forgotten before they are of use', () => {
  const random = new SeededRandom(seedFromEnvironment())
  const { cache, made } = setup()
  let found = 0
  for (let i = 0; i < 300_000; i++) if (cache.find(`llm.message.${random.below(6000)}.content`) !== undefined) found++
  expect(found / made.length).toBeGreaterThan(20)
})

test('a key of a program, too long for a vocabulary, is not kept', () => {
  const { cache } = setup()
  for (let i = 0; i < 3; i++) expect(cache.find('k'.repeat(101))).toBeUndefined()
  expect(cache.size).toBe(0)
})

test.each(FORMATS)('the first, the second and the third span with a key have it alike in %s', (format) => {
  const keys = ['', 'plain', 'ключ', 'k'.repeat(60), 'k'.repeat(72), 'k'.repeat(100), 'k'.repeat(200), '"quoted"']
  const values = ['short', 'ünïcode', 'x'.repeat(300), 7, [1, { 'in.a.map': 2 }], null]
  const attributes = Object.fromEntries(keys.flatMap((key) => values.map((value, i) => [`${key}${i}`, value])))
  const events = [1, 2, 3].map((second) => ({ name: 'e', time: [second, 0], attributes }))
  const received = encodeOne(format, plainSpan({ events })).events
  expect(Object.keys(received[0]?.attributes ?? {})).toEqual(Object.keys(attributes))
  expect(received[1]?.attributes).toEqual(received[0]?.attributes)
  expect(received[2]?.attributes).toEqual(received[0]?.attributes)
})

function setup(): { cache: KeyCache<string>; made: string[] } {
  const made: string[] = []
  const make = (key: string): string => {
    made.push(key)
    return `made of ${key}`
  }
  return { cache: new KeyCache(make), made }
}
