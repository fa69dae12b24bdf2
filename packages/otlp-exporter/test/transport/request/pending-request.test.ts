// SPDX-License-Identifier: Apache-2.0
// When a request gives its memory back. The next batch writes into it, so whoever still reads it would send other spans.
import { expect, test } from 'vitest'
import { resolveOptions } from '../../../src/config/settings.js'
import { Operation } from '../../../src/transport/operation.js'
import type { BodyCompressor, RequestBody } from '../../../src/transport/request/body-compressor.js'
import { PendingRequest } from '../../../src/transport/request/pending-request.js'
import { PlainBatch } from '../plain-batch.js'

const OTHER = Buffer.from('compressed')
const NEVER = new AbortController().signal

/** A request of one span, compressed as `compress` says, and how often its memory was given back. */
async function prepare(compress: (bytes: Uint8Array) => RequestBody) {
  const batch = new PlainBatch(1)
  const compressor = { compress: (_operation: Operation, bytes: Uint8Array) => Promise.resolve(compress(bytes)) }
  const parts = { batch, from: 0, to: 1, headers: {} }
  const request = new PendingRequest(resolveOptions({}, {}), compressor as unknown as BodyCompressor, parts)
  await request.prepare(new Operation(0, 1000, { at: 1000, signal: NEVER, closing: NEVER }))
  return { request, released: () => batch.reclaimed.length }
}

test('what zlib may still read is never given back, although the request itself was answered', async () => {
  const { request, released } = await prepare((bytes) => ({ bytes, encoding: undefined, isSourceInUse: true }))
  request.begin()
  request.end(true)
  request.letGo()
  expect(released()).toBe(0)
})

test('what zlib has read is given back before the request is sent', async () => {
  const { request, released } = await prepare(() => ({ bytes: OTHER, encoding: 'gzip', isSourceInUse: false }))
  expect(released()).toBe(1)
  expect(request.begin().body).toBe(OTHER)
})

test('a body that is under way is not given back', async () => {
  const { request, released } = await prepare((bytes) => ({ bytes, encoding: undefined, isSourceInUse: false }))
  request.begin()
  request.letGo()
  expect(released()).toBe(0)
})

test('a body that nobody reads is given back', async () => {
  const { request, released } = await prepare((bytes) => ({ bytes, encoding: undefined, isSourceInUse: false }))
  request.begin()
  request.end(true)
  request.letGo()
  expect(released()).toBe(1)
})
