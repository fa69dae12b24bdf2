// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { BufferPool } from '../../src/encode/buffer-pool.js'
import { AssembledRequest } from '../../src/encode/encoded-batch.js'
import { TraceEncoder } from '../../src/encode/trace-encoder.js'
import { decode, FORMATS } from './encode-all.js'
import { plainSpan } from './plain-span.js'

test('a request gives the whole of its buffer back, and only once', () => {
  const pool = new BufferPool()
  const request = new AssembledRequest(pool, pool.take(5000), 4500)
  expect(request.bytes.length).toBe(4500)
  request.release()
  const { idleBytes } = pool
  expect(idleBytes).toBeGreaterThanOrEqual(5000)
  request.release()
  expect(pool.idleBytes).toBe(idleBytes)
  pool.close()
})

test.each(FORMATS)('two requests of one batch never share a buffer, one of a later batch may (%s)', (format) => {
  const encoder = new TraceEncoder({ format })
  const names = ['first', 'second', 'third']
  const batch = encoder.openBatch()
  for (const name of names) batch.add(plainSpan({ name }))
  const encoded = batch.finish()
  const requests = names.map((_, i) => encoded.assemble(i, i + 1))
  encoded.release()
  expect(new Set(requests.map(({ bytes }) => bytes.buffer)).size).toBe(3)
  // They are no part of the batch and outlive it.
  expect(requests.map(({ bytes }) => decode(format, bytes)[0]?.name)).toEqual(names)
  for (const request of requests) request.release()
  const next = encoder.openBatch()
  next.add(plainSpan())
  const again = next.finish().assemble(0, 1)
  expect(requests.map(({ bytes }) => bytes.buffer)).toContain(again.bytes.buffer)
  encoder.close()
})
