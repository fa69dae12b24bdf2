// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readExportResponse } from '../../../src/transport/answer/export-response.js'
import { block, varint } from '../plain-batch.js'

test('both encodings say the same', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fc.string({ maxLength: 100, unit: 'grapheme' }),
      (rejectedSpans, message) => {
        const json = JSON.stringify({ partialSuccess: { rejectedSpans: String(rejectedSpans), errorMessage: message } })
        const protobuf = block(1, varint(8), varint(rejectedSpans), block(2, Buffer.from(message)))
        const expected = { rejectedSpans, message }
        expect(readExportResponse(Buffer.from(json))).toEqual(expected)
        expect(readExportResponse(protobuf)).toEqual(expected)
        // Fields of a later version are passed over.
        const later = [block(9, Buffer.from('x')), Buffer.from([0x51, 1, 2, 3, 4, 5, 6, 7, 8]), Buffer.from([0x55, 1, 2, 3, 4])]
        expect(readExportResponse(Buffer.concat([...later, protobuf]))).toEqual(expected)
      },
    ),
  )
})

test('both encodings are told apart whatever the length of what they say', () => {
  const unit = fc.constantFrom('x', '{', '}', '"', '\n', ' ', '\u0008', 'é')
  for (let length = 0; length <= 400; length++) {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.string({ minLength: length, maxLength: length, unit }),
        (rejectedSpans, message) => {
          for (const text of ['x'.repeat(length), message]) {
            const expected = { rejectedSpans, message: text }
            const protobuf = block(1, varint(8), varint(rejectedSpans), block(2, Buffer.from(text)))
            expect(readExportResponse(protobuf)).toEqual(expected)
            const json = JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage: text } })
            for (const written of [json, `\n${json}\n`]) expect(readExportResponse(Buffer.from(written))).toEqual(expected)
          }
        },
      ),
      { numRuns: 5 },
    )
  }
})

test('JSON with bytes of another character set is JSON', () => {
  const json = '{"partialSuccess":{"rejectedSpans":2,"errorMessage":"pr\u00e9nom"}}'
  expect(readExportResponse(Buffer.from(json, 'latin1'))).toEqual({ rejectedSpans: 2, message: 'pr\ufffdnom' })
})

test('JSON is read in both spellings of its names, with white space and a byte order mark around it', () => {
  const text = '\ufeff\n{ "partial_success": { "rejected_spans": 2, "error_message": "slow down" } }\n'
  expect(readExportResponse(Buffer.from(text))).toEqual({ rejectedSpans: 2, message: 'slow down' })
})

test('what says nothing is nothing', () => {
  for (const body of [Buffer.alloc(0), block(1), block(1, Buffer.from([8, 0]))]) expect(readExportResponse(body)).toBeUndefined()
  for (const text of [
    '{}',
    '\n',
    '{"partialSuccess":{}}',
    '{"partialSuccess":null}',
    '{"partialSuccess":{"rejectedSpans":-1}}',
  ]) {
    expect(readExportResponse(Buffer.from(text))).toBeUndefined()
  }
  // -1 as an int64.
  const negative = block(1, Buffer.from([8, ...Array.from({ length: 9 }, () => 255), 1]))
  expect(readExportResponse(negative)).toBeUndefined()
})

test('what is no answer of OTLP is none', () => {
  const page = '<!doctype html><title>Sign in</title><form action="/login"></form>'
  const texts = [
    'OK',
    'ok',
    'PO',
    '1',
    '200',
    'null',
    '"ok"',
    '[]',
    'accepted',
    page,
    '{"status":"error"}',
    '{"partialSuccess":',
    '{"a":{}}',
  ]
  for (const text of texts) expect([text, readExportResponse(Buffer.from(text))]).toEqual([text, 'foreign'])
  const image = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
  expect(readExportResponse(image)).toBe('foreign')
})

test('any bytes are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const response = readExportResponse(bytes)
      if (typeof response === 'object') expect(response.rejectedSpans).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 2000 },
  )
})
