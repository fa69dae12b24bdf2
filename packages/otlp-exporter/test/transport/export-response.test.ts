// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePartialSuccess } from '../../src/transport/export-response.js'
import { block, varint } from './plain-batch.js'

const PROTOBUF = 'application/x-protobuf'

test('both encodings say the same', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fc.string({ maxLength: 100, unit: 'grapheme' }),
      (rejectedSpans, message) => {
        const json = JSON.stringify({ partialSuccess: { rejectedSpans: String(rejectedSpans), errorMessage: message } })
        const protobuf = block(1, varint(8), varint(rejectedSpans), block(2, Buffer.from(message)))
        const expected = { rejectedSpans, message }
        expect(decodePartialSuccess(Buffer.from(json), 'application/json; charset=utf-8')).toEqual(expected)
        expect(decodePartialSuccess(protobuf, PROTOBUF)).toEqual(expected)
        // Fields of a later version are passed over.
        const later = [block(9, Buffer.from('x')), Buffer.from([0x51, 1, 2, 3, 4, 5, 6, 7, 8]), Buffer.from([0x55, 1, 2, 3, 4])]
        expect(decodePartialSuccess(Buffer.concat([...later, protobuf]), PROTOBUF)).toEqual(expected)
      },
    ),
  )
})

test('what says nothing is nothing', () => {
  for (const body of [Buffer.alloc(0), block(1), block(1, Buffer.from([8, 0]))])
    expect(decodePartialSuccess(body, PROTOBUF)).toBeUndefined()
  for (const text of ['{}', '{"partialSuccess":{}}', '{"partialSuccess":null}', '{"partialSuccess":{"rejectedSpans":-1}}']) {
    expect(decodePartialSuccess(Buffer.from(text), 'application/json')).toBeUndefined()
  }
  // -1 as an int64.
  const negative = block(1, Buffer.from([8, ...Array.from({ length: 9 }, () => 255), 1]))
  expect(decodePartialSuccess(negative, PROTOBUF)).toBeUndefined()
})

test('any bytes are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(PROTOBUF, 'application/json', ''), (bytes, type) => {
      const partial = decodePartialSuccess(bytes, type)
      expect(partial?.rejectedSpans ?? 0).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 2000 },
  )
})

test('a long message is cut', () => {
  const partial = decodePartialSuccess(block(1, block(2, Buffer.alloc(100_000, 'x'))), PROTOBUF)
  expect(partial?.message.length).toBe(301)
})
