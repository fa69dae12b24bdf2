// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { FRONT_BYTES, HEADER_BYTES } from '../../src/encode/buffer-pool.js'
import {
  APPLICATION,
  BETWEEN_PARTS,
  BETWEEN_REQUESTS,
  FIRST_WORD,
  IN_REQUEST,
  Slab,
  THREAD,
} from '../../src/shared-memory/slab.js'

test('a new slab is owned by the application', () => {
  expect(new Slab(0, new SharedArrayBuffer(FRONT_BYTES)).owner).toBe(APPLICATION)
})

test('two views of the same memory agree on its owner and on every word', () => {
  const memory = new SharedArrayBuffer(FRONT_BYTES + 100)
  const [here, there] = [new Slab(3, memory), new Slab(3, memory)]
  for (const owner of [THREAD, IN_REQUEST, BETWEEN_REQUESTS, IN_REQUEST, BETWEEN_PARTS, APPLICATION] as const) {
    here.owner = owner
    expect(there.owner).toBe(owner)
  }
  for (let word = FIRST_WORD; word < here.words.length; word++) here.words[word] = -word
  expect([...there.words.subarray(FIRST_WORD)]).toEqual([...here.words.subarray(FIRST_WORD)])
  expect(there.owner).toBe(APPLICATION)
})

test('the header is the part that no request may use, and the words for users do not overlap the owner', () => {
  const slab = new Slab(0, new SharedArrayBuffer(FRONT_BYTES))
  expect(slab.words.byteLength).toBe(HEADER_BYTES)
  expect(slab.floats.byteLength).toBe(HEADER_BYTES)
  slab.owner = IN_REQUEST
  slab.floats[FIRST_WORD / 2] = Math.PI
  slab.words.fill(-1, FIRST_WORD)
  expect(slab.owner).toBe(IN_REQUEST)
})
