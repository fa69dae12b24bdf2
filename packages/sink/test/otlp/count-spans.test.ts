// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { countSpans } from '../../src/otlp/count-spans.js'
import { decodeProtobuf } from '../../src/otlp/decode-protobuf.js'
import { block, hex, int, requestWith, spanNumbered } from '../wire.js'
import { fullBytes } from './full-request.js'

const one = (...fields: Uint8Array[]): Buffer => block(1, block(2, block(2, ...fields)))

test.each([
  ['no spans', Buffer.alloc(0)],
  ['every field', fullBytes],
  ['more spans than one buffer of ids holds', requestWith(1300)],
  [
    'several resources and unknown fields around them',
    Buffer.concat([int(9, 1), requestWith(2), block(7, 'x'), requestWith(3, 8)]),
  ],
])('counts what a decode would find: %s', (_name, body) => {
  const counted = countSpans(body)
  const decoded = decodeProtobuf(body)
  expect(counted.count).toBe(decoded.count)
  expect(counted.ids).toEqual(decoded.ids)
  expect(counted.spans).toEqual([])
})

test('the last of several ids holds, as in a decode', () => {
  const body = one(spanNumbered(1), hex(2, 'ff'.repeat(8)))
  expect(countSpans(body).ids).toEqual(decodeProtobuf(body).ids)
})

test.each([
  ['a torn request', fullBytes.subarray(0, -1), 'not an OTLP trace request'],
  ['text', Buffer.from('hello, world'), 'not an OTLP trace request'],
  ['a span that reaches past its scope', block(1, block(2, Buffer.from([0x12, 0x7f, 0]))), 'extends past'],
  ['a field that reaches past its span', one(spanNumbered(1), Buffer.from([0x2a, 0x7f])), 'not an OTLP trace request'],
  ['a span without a trace id', one(hex(2, '01'.repeat(8))), 'Span.traceId is missing'],
  ['a span id of zeroes', one(hex(1, '01'.repeat(16)), hex(2, '00'.repeat(8))), 'Span.spanId is missing or all zeroes'],
  ['a trace id of 8 bytes', one(hex(1, '01'.repeat(8))), 'Span.traceId has 8 bytes, not 16'],
])('%s is refused', (_name, body, message) => {
  expect(() => countSpans(body)).toThrowError(
    expect.objectContaining({ name: 'DecodeError', message: expect.stringContaining(message) }),
  )
})
