// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { FRONT_BYTES, type Memory } from '../../src/encode/buffer-pool.js'
import { AssembledRequest } from '../../src/encode/encoded-batch.js'
import { type OtlpFormat, TraceEncoder } from '../../src/encode/trace-encoder.js'
import { decode, FORMATS } from './encode-all.js'
import { plainSpan } from './plain-span.js'

test('a request that is released twice gives its memory back once', () => {
  let count = 0
  const request = new AssembledRequest(Buffer.alloc(1), () => (count += 1))
  request.release()
  request.release()
  expect(count).toBe(1)
})

test.each(FORMATS)('a request with one scope is assembled around its spans, and is what a copy would be (%s)', (format) => {
  const { encoder, encoded, buffer } = filled(format, 3)
  const inPlace = encoded.assemble(0, 3)
  expect(inPlace.bytes.buffer).toBe(buffer.buffer)
  // While it is being read, another one gets memory of its own.
  const copy = encoded.assemble(0, 3)
  expect(copy.bytes.buffer).not.toBe(buffer.buffer)
  expect(copy.bytes).toEqual(inPlace.bytes)
  inPlace.release()
  expect(encoded.assemble(0, 3).bytes.buffer).toBe(buffer.buffer)
  encoder.close()
})

test.each(FORMATS)('halves of a batch are right after the whole was assembled around the spans (%s)', (format) => {
  const { encoder, encoded } = filled(format, 4)
  encoded.assemble(0, 4).release()
  const names = [0, 2].flatMap((from) => {
    const request = encoded.assemble(from, from + 2)
    const decoded = decode(format, request.bytes).map(({ name }) => name)
    request.release()
    return decoded
  })
  expect(names).toEqual(['span 0', 'span 1', 'span 2', 'span 3'])
  encoder.close()
})

test.each(FORMATS)('what does not fit in front of the spans gets memory of its own (%s)', (format) => {
  const { encoder, encoded, buffer } = filled(format, 1, { big: 'x'.repeat(FRONT_BYTES) })
  const { bytes } = encoded.assemble(0, 1)
  expect(bytes.buffer).not.toBe(buffer.buffer)
  expect(decode(format, bytes)).toHaveLength(1)
  encoder.close()
})

test('memory that a request may still be read from is not used again', () => {
  const { encoder, encoded, buffer, freed } = filled('protobuf', 1)
  encoded.assemble(0, 1)
  encoded.release()
  expect(freed).toEqual([buffer])
  const next = filled('protobuf', 1, {}, encoder)
  expect(next.buffer.buffer).not.toBe(buffer.buffer)
  next.encoded.assemble(0, 1).release()
  next.encoded.release()
  expect(freed).toEqual([buffer])
  expect(filled('protobuf', 1, {}, encoder).buffer.buffer).toBe(next.buffer.buffer)
  encoder.close()
})

test.each([true, false])('a lent buffer is given back when both are done with it, whether it is free (%s) or not', (isFree) => {
  for (const order of ['release first', 'take back first']) {
    const { encoder, encoded, freed } = filled('protobuf', 1)
    let isReleased = false
    const steps = [() => encoded.release(() => (isReleased = true)), () => encoded.takeBack(isFree)]
    if (order === 'take back first') steps.reverse()
    encoded.lend()
    steps[0]?.()
    expect(isReleased).toBe(false)
    steps[1]?.()
    expect(isReleased).toBe(true)
    expect(freed).toHaveLength(isFree ? 0 : 1)
    encoder.close()
  }
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
  // They outlive the batch.
  expect(requests.map(({ bytes }) => decode(format, bytes)[0]?.name)).toEqual(names)
  for (const request of requests) request.release()
  const next = encoder.openBatch()
  next.add(plainSpan())
  const again = next.finish().assemble(0, 1)
  expect(requests.map(({ bytes }) => bytes.buffer)).toContain(again.bytes.buffer)
  encoder.close()
})

/** A batch of spans with the same resource and scope. `freed` are the buffers that are not used again. */
function filled(format: OtlpFormat, count: number, attributes: Record<string, string> = {}, encoder?: TraceEncoder) {
  const freed: Buffer[] = []
  const memory: Memory = {
    allocate: (bytes) => Buffer.alloc(FRONT_BYTES + bytes).subarray(FRONT_BYTES),
    free: (buffer) => freed.push(buffer),
    largestKept: 2 ** 22,
    keptBytes: 2 ** 24,
  }
  encoder ??= new TraceEncoder({ format, memory })
  const resource = { attributes }
  const batch = encoder.openBatch()
  const instrumentationScope = plainSpan().instrumentationScope!
  for (let i = 0; i < count; i++) batch.add(plainSpan({ name: `span ${i}`, resource, instrumentationScope }))
  const encoded = batch.finish()
  return { encoder, encoded, buffer: encoded.parts.buffer, freed }
}
